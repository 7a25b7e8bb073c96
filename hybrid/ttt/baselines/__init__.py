"""What TTT-E2E is compared with: attention, state-space, delta-rule and key-value-binding models of one frame.

`hybrid.ttt.baselines.model` is the frame, each of the other modules one mixer; `hybrid.ttt.baselines.comparison` makes
them, and TTT-E2E, one size and one interface.
"""
