"""Words that stand for one another in contracts, minutes, reports and letters, and that WordNet does not relate.

"Staff" stands for "employees". Verbs whose subject and object change places ("let" and "rent") are not among them, nor
is a word that says more than another.
"""

from __future__ import annotations

from hybrid.text import lexicon

_GROUPS = """
    employee staff personnel workforce, report notify, uphold affirm, drop withdraw, beneath underneath, surgery
    operation, journalist press reporter, vendor supplier, landlord lessor, tenant lessee, flat apartment, convene meet,
    submit lodge hand_in file, expire lapse, extend prolong lengthen, identify recognise recognize, unharmed unhurt
    uninjured, swap exchange, revise update, finalise complete finish, draft draw_up, testify state, mail post,
    hand_over deliver, manage operate, return give_back send_back hand_back, refund pay_back reimburse, insure cover,
    surrender give_up waive, aeroplane aircraft plane airplane, demolish pull_down tear_down knock_down, prior
    beforehand previous, jointly together, vacant unoccupied, colleague coworker, firm company business, zone area,
    border frontier, road street, clause provision, annex appendix, survey poll, finding result, pledge promise,
    maximum cap limit, activate switch_on turn_on, deactivate switch_off turn_off, accompany come_along, jail prison,
    worried anxious, regret sorry, look_into examine investigate, move_out vacate, succeed replace take_over, set_out
    list, come_across come_upon find discover, go_up rise increase, go_down fall decrease, step_down resign, premises
    property, doctor physician medic, pupil student, booking reservation, oversee supervise, unpaid outstanding,
    dissuade talk_out, call_off cancel, turn_down reject, bring_forward advance, unanimous unanimously, punctual
    punctually, half-yearly semi-annual, compulsory mandatory, tenancy lease, apology apologise, deem count, wed marry
"""
SYNONYMS: dict[str, frozenset[str]] = {
    lexicon.stem(word): frozenset(lexicon.stem(other) for other in group.split())
    for group in _GROUPS.split(",")
    for word in group.split()
}
"""A word's stem → the stems of its group."""
