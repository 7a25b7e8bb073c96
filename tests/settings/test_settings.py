"""Settings from code, the environment, a file and the corpus: who overrules whom, and what is said of a wrong one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import hybrid
from hybrid.cli import main
from hybrid.errors import SettingsError
from hybrid.settings import AnswerSettings, IngestSettings, MemorySettings, RetrievalSettings, RouterSettings, Settings
from hybrid.settings.messages import allowed, table_of
from hybrid.settings.meta_training import InnerSettings, MetaTrainingSettings, OuterSettings
from hybrid.settings.sources import as_toml, from_environment, resolve, template

INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in from_environment(Settings).names.values():
        monkeypatch.delenv(name.removeprefix("environment variable "))


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, "utf-8")
    return path


def refusal(path: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return str(caught.value)


# Sources --------------------------------------------------------------------------------------------


def test_without_a_file_or_a_variable_all_is_default() -> None:
    assert Settings.load() == Settings()


def test_a_file_sets_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    loaded = Settings.load(written(tmp_path, "[memory]\nenabled = false\nwindow = 64\n[answer]\nmax_quotes = 5\n"))
    assert (loaded.memory.enabled, loaded.memory.window, loaded.answer.max_quotes) == (False, 64, 5)
    assert loaded.memory.mini_batch == MemorySettings().mini_batch


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("HYBRID_MEMORY__ENABLED", "false", False),
        ("HYBRID_MEMORY__WINDOW", "64", 64),
        ("HYBRID_MEMORY__LEARNING_RATE", "3e-4", 3e-4),
        ("HYBRID_MEMORY__DYNAMIC_SIZE", "128", 128),
        ("HYBRID_MEMORY__DYNAMIC_SIZE", "none", None),
        ("HYBRID_MEMORY__INITIAL_WEIGHTS", "none", "none"),
        ("HYBRID_ROUTER__WEIGHTS", "", None),
        ("HYBRID_RETRIEVAL__DEVICE", "cuda:1", "cuda:1"),
    ],
)
def test_a_variable_sets_one_key_in_the_keys_own_type(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, value: object
) -> None:
    monkeypatch.setenv(variable, text)
    table, key = variable.removeprefix("HYBRID_").lower().split("__")
    assert getattr(getattr(Settings.load(), table), key) == value
    assert Settings.load(env=False) == Settings()


def test_variables_that_are_not_settings_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HYBRID_DATA", "HYBRID_KERNELS", "HYBRID_NOTEBOOK_FAST", "hybrid_memory__window", "MEMORY__WINDOW"):
        monkeypatch.setenv(name, "nonsense")
    assert Settings.load() == Settings()


def test_the_environment_overrules_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "[answer]\nmax_quotes = 5\nmax_new_tokens = 50\n")
    monkeypatch.setenv("HYBRID_ANSWER__MAX_QUOTES", "7")
    assert Settings.load(path).answer == AnswerSettings(max_quotes=7, max_new_tokens=50)


def test_code_overrules_the_environment_that_a_file_that_what_is_stored_and_that_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One key is set by everyone, the next by one fewer, and so on."""

    def opened(given: Settings | Path | None = None) -> AnswerSettings:
        with hybrid.Corpus.open(tmp_path / "corpus", given) as corpus:
            return corpus.settings.answer

    opened(Settings(memory=MemorySettings(enabled=False), answer=AnswerSettings(max_quotes=2, max_new_tokens=22)))
    assert opened() == AnswerSettings(max_quotes=2, max_new_tokens=22)  # stored over default
    path = written(tmp_path, "[answer]\nmax_quotes = 3\nevidence_tokens = 303\n")
    assert opened(path) == AnswerSettings(max_quotes=3, max_new_tokens=22, evidence_tokens=303)
    monkeypatch.setenv("HYBRID_ANSWER__MAX_QUOTES", "4")
    monkeypatch.setenv("HYBRID_ANSWER__MAX_QUESTION_CHARS", "404")
    by_variable = AnswerSettings(max_quotes=4, max_new_tokens=22, evidence_tokens=303, max_question_chars=404)
    assert opened(path) == opened() == by_variable
    code = Settings(answer=AnswerSettings(max_quotes=5))
    assert opened(code) == by_variable.model_copy(update={"max_quotes": 5})


def test_what_code_and_files_give_is_stored_and_what_the_environment_gives_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYBRID_ANSWER__MAX_QUOTES", "9")
    hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY).close()
    hybrid.Corpus.open(tmp_path / "corpus", written(tmp_path, "[answer]\nmax_new_tokens = 50\n")).close()
    monkeypatch.delenv("HYBRID_ANSWER__MAX_QUOTES")
    with hybrid.Corpus.open(tmp_path / "corpus") as corpus:
        assert not corpus.settings.memory.enabled
        assert corpus.settings.answer == AnswerSettings(max_new_tokens=50)


def test_an_embedder_in_the_environment_does_not_slip_past_the_corpus_that_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(hybrid.Document.from_text("The agreement ends in May.", "a.txt"))
    monkeypatch.setenv("HYBRID_RETRIEVAL__EMBEDDER", "someone/else")
    with pytest.raises(SettingsError, match=r"retrieval\.embedder: this corpus was embedded by all-minilm-l6-v2"):
        hybrid.Corpus.open(tmp_path / "corpus")


def test_settings_stored_before_there_was_a_key_open_with_it_at_its_default(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        stored = json.loads(corpus._catalog.info("settings") or "")
        del stored["memory"]["device"]
        corpus._catalog.set_info("settings", json.dumps(stored))
    with hybrid.Corpus.open(tmp_path / "corpus") as corpus:
        assert corpus.settings == Settings.model_validate(INDEX_ONLY.model_dump())


# Errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[memory]\nlearning_rat = 0.3",
            "memory.learning_rat = 0.3 (FILE): no such setting; did you mean memory.learning_rate?",
        ),
        (
            "[memry]\nwindow = 64",
            "memry (FILE): no such table; did you mean memory?",
        ),
        (
            "window = 64",
            "window = 64 (FILE): no such setting; did you mean memory.window?",
        ),
        (
            "[answer]\nwindow = 64",
            "answer.window = 64 (FILE): no such setting; did you mean memory.window?",
        ),
        (
            "[router]\ncolour = 1",
            "router.colour = 1 (FILE): "
            "no such setting; there are router.comprehension_above, router.lookup_below, router.weights",
        ),
        (
            "[colour]\nx = 1",
            "colour (FILE): no such table; there are access, answer, ingest, log, memory, retrieval, router, stores",
        ),
        (
            "[memory]\nwindow = 3",
            "memory.window = 3 (FILE): must be a whole number, at least 16",
        ),
        (
            "[memory]\nwindow = 64.5",
            "memory.window = 64.5 (FILE): must be a whole number, at least 16",
        ),
        (
            "[memory]\nenabled = 'perhaps'",
            "memory.enabled = 'perhaps' (FILE): must be true or false",
        ),
        (
            "[memory]\noptimizer = 'adamw'",
            "memory.optimizer = 'adamw' (FILE): must be 'auto', 'sgd' or 'adam'",
        ),
        (
            "[memory]\nlearning_rate = nan",
            "memory.learning_rate = nan (FILE): must be a number, more than 0, at most 1e+38, or none",
        ),
        (
            "[memory]\nlearning_rate = inf",
            "memory.learning_rate = inf (FILE): must be a number, more than 0, at most 1e+38, or none",
        ),
        (
            "[memory]\nmodel = 3",
            "memory.model = 3 (FILE): must be text",
        ),
        (
            "[memory]\ndynamic_size = 0",
            "memory.dynamic_size = 0 (FILE): must be a whole number, at least 1, or none",
        ),
        (
            "[memory]\ndevice = 'gpu'",
            "memory.device = 'gpu' (FILE): must be auto, cpu, cuda, or a GPU by its number, such as cuda:1",
        ),
        (
            "[router]\nlookup_below = 2",
            "router.lookup_below = 2 (FILE): must be a number, at least 0, at most 1",
        ),
        (
            "memory = 3",
            "memory = 3 (FILE): must be a table, [memory] with its settings under it",
        ),
        (
            "[ingest]\nchunk_tokens = 50",
            "ingest (FILE): chunk_overlap_tokens, 40, must be at most half of chunk_tokens, 50",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_its_file_and_what_is_allowed(
    tmp_path: Path, text: str, said: str
) -> None:
    path = written(tmp_path, text)
    assert refusal(path) == said.replace("FILE", str(path))


def test_all_problems_are_told_at_once_each_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "[memory]\nwindow = 3\n[answer]\nmax_quote = 1\n")
    monkeypatch.setenv("HYBRID_MEMORY__MINI_BATCH", "many")
    monkeypatch.setenv("HYBRID_RUOTER__WEIGHTS", "w.json")
    assert refusal(path).splitlines() == [
        "4 settings are wrong:",
        f"  memory.window = 3 ({path}): must be a whole number, at least 16",
        "  memory.mini_batch = 'many' (environment variable HYBRID_MEMORY__MINI_BATCH): "
        "must be a whole number, at least 8",
        f"  answer.max_quote = 1 ({path}): no such setting; did you mean answer.max_quotes?",
        "  ruoter (environment variable HYBRID_RUOTER__WEIGHTS): no such table; did you mean router?",
    ]


def test_meta_training_has_the_same_file_and_the_same_errors(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('texts = "books"\noutput = "run"\n[inner]\ndynamic_size = "none"\n[outer]\nbetas = [0.9, 0.99]\n')
    found = MetaTrainingSettings.load(path)
    assert (found.texts, found.output, found.evaluation_texts) == (tmp_path / "books", tmp_path / "run", None)
    assert found.outer == OuterSettings(betas=(0.9, 0.99))
    path.write_text("output = 3\ncolour = 1\n[inner]\nwindow = 3\n[outer]\nsteeps = 3\nbetas = [0.9, 'b']\n")
    with pytest.raises(SettingsError) as caught:
        MetaTrainingSettings.load(path)
    assert str(caught.value).splitlines() == [
        "6 settings are wrong:",
        f"  texts: is missing from {path}; it is a path: a folder; every .txt and .md file in it is read as UTF-8",
        f"  output = 3 ({path}): must be a path",
        f"  inner.window = 3 ({path}): must be a whole number, at least 16",
        f"  outer.betas.1 = 'b' ({path}): must be a list of a number and a number",
        f"  outer.steeps = 3 ({path}): no such setting; did you mean outer.steps?",
        f"  colour = 1 ({path}): no such setting; "
        "there are device, dtype, evaluation_texts, initial_weights, inner, model, outer, output, texts",
    ]
    path.write_text('texts = "books"\noutput = "run"\n[outer]\nsequence = 100\n')
    with pytest.raises(
        SettingsError, match=r"^outer.sequence 100 is no multiple of inner.mini_batch 512 \(.*run.toml\)$"
    ):
        MetaTrainingSettings.load(path)
    with pytest.raises(SettingsError, match=r"^inner.window = 3: must be a whole number, at least 16$"):
        InnerSettings(window=3)


def test_a_file_says_none_where_a_setting_is_to_have_no_value(tmp_path: Path) -> None:
    path = written(tmp_path, '[router]\nweights = "none"\n[memory]\ndynamic_size = ""\ninitial_weights = "none"\n')
    loaded = Settings.load(path)
    assert (loaded.router.weights, loaded.memory.dynamic_size, loaded.memory.initial_weights) == (None, None, "none")


def test_code_gets_the_same_errors_in_the_same_words() -> None:
    with pytest.raises(SettingsError, match=r"^memory.window = 3: must be a whole number, at least 16$"):
        MemorySettings(window=3)
    with pytest.raises(SettingsError, match=r"did you mean memory.learning_rate\?$"):
        MemorySettings(learning_rat=1.0)  # type: ignore[call-arg]
    with pytest.raises(SettingsError, match=r"^router: lookup_below, 0.9, must not be above comprehension_above, 0.75"):
        RouterSettings(lookup_below=0.9)
    with pytest.raises(SettingsError, match=r"(?s)^2 settings are wrong:.*memory\.clip = -1.*answer\.max_quotes = 0"):
        Settings.model_validate(Settings(memory={"clip": -1}, answer={"max_quotes": 0}))  # type: ignore[arg-type]


def test_a_file_that_is_missing_or_not_toml_is_named_with_the_line(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path / "none.toml")
        == f"cannot read the settings in {tmp_path}/none.toml: No such file or directory"
    )
    path = written(tmp_path, "[memory]\nwindow 64\n")
    assert f"the settings in {path} are not TOML: " in refusal(path)
    assert "line 2" in refusal(path)


def test_a_wrong_variable_stops_a_corpus_from_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_MEMORY__WINDW", "64")
    with pytest.raises(SettingsError, match=r"memory\.windw = '64' \(environment variable HYBRID_MEMORY__WINDW\)"):
        hybrid.Corpus.open(tmp_path / "corpus")


# What is printed ------------------------------------------------------------------------------------


def test_every_setting_has_a_description_and_says_what_it_may_be() -> None:
    for table, field in Settings.model_fields.items():
        inner = table_of(field)
        assert inner is not None
        for key, one in inner.model_fields.items():
            assert one.description, f"{table}.{key}"
            assert "another kind" not in allowed(one), f"{table}.{key}"


def test_the_template_is_toml_whose_lines_are_the_defaults_once_they_count() -> None:
    text = template(Settings)
    assert tomllib.loads(text) == {table: {} for table in Settings.model_fields}
    counting = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    assert Settings.model_validate(tomllib.loads(counting)) == Settings()
    for table in (IngestSettings, RetrievalSettings, MemorySettings, RouterSettings, AnswerSettings):
        for key in table.model_fields:
            assert f"\n# {key} " in text


def test_printed_settings_can_be_read_again(tmp_path: Path) -> None:
    odd = Settings(router=RouterSettings(weights='C:\\my "weights".json'), memory=MemorySettings(learning_rate=3e-4))
    path = written(tmp_path, as_toml(resolve(Settings, [hybrid_layer(odd)])))
    assert Settings.load(path) == odd


def hybrid_layer(settings: Settings) -> object:
    from hybrid.settings.sources import from_code

    return from_code(settings)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_line_shows_where_each_setting_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY).close()
    path = written(tmp_path, "[answer]\nmax_quotes = 5\n")
    monkeypatch.setenv("HYBRID_ROUTER__LOOKUP_BELOW", "0.1")
    shown = [line.split(maxsplit=2) for line in run("settings", tmp_path / "corpus", "--settings", path).splitlines()]
    lines = {words[0]: words[2] for words in shown if len(words) > 2}
    assert lines["enabled"].endswith("# stored")
    assert lines["max_quotes"].endswith(f"# {path}")
    assert lines["lookup_below"].endswith("# environment variable HYBRID_ROUTER__LOOKUP_BELOW")
    assert lines["window"].endswith("# default")
    with hybrid.Corpus.open(tmp_path / "corpus") as corpus:
        assert corpus.settings.answer.max_quotes == AnswerSettings().max_quotes  # looking stores nothing
    assert "enabled = true" in run("settings")
    assert run("settings", "--template") == template(Settings)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (
            lambda: Settings.model_validate({"memory": {"window": 3}}),
            "memory.window = 3: must be a whole number, at least",
        ),
        (lambda: Settings.model_validate({"memroy": {}}), "memroy: no such table; did you mean"),
        (lambda: Settings.model_validate({"memory": 3}), "memory = 3: must be a table"),
        (lambda: Settings.model_validate("x"), "Settings is made of a dict of settings, not 'x'"),
        (
            lambda: MemorySettings.model_validate({"optimizer": "lion"}),
            "memory.optimizer = 'lion': must be 'auto', 'sgd' or",
        ),
        (lambda: Settings(memory={"window": "x"}), "memory.window = 'x': must be a whole number"),
        (lambda: Settings({"memory": {}}), "Settings takes settings by name"),
        (lambda: Settings().model_copy(update={"memory": {"window": 3}}), "memory.window = 3"),
        (lambda: MemorySettings().model_copy(update={"clip": -1}), "memory.clip = -1"),
        (lambda: setattr(Settings(), "memory", 3), "memory cannot be set: Settings is frozen"),
        (lambda: setattr(MemorySettings(), "window", 64), "window cannot be set: MemorySettings is frozen"),
        (lambda: MetaTrainingSettings.model_validate({"inner": 1}), "inner = 1: must be a table"),
    ],
)
def test_wrong_settings_are_the_librarys_error_however_they_are_given(use: Callable[[], object], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        use()
    assert said in str(refused.value)


def test_a_changed_copy_of_settings_names_what_was_given_and_keeps_the_rest() -> None:
    given = Settings(memory=MemorySettings(window=64))
    copy = given.model_copy(update={"answer": AnswerSettings(max_quotes=1)})
    assert (copy.memory, copy.answer.max_quotes) == (given.memory, 1)
    assert copy.model_fields_set == {"memory", "answer"}


def test_what_is_wrong_in_every_source_is_named_also_where_another_overrules_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "[memory]\nenabled = 'maybe'\nwindow = -1\nnone = 1\n[answer]\nmax_quotes = 0\n")
    monkeypatch.setenv("HYBRID_MEMORY__ENABLED", "false")
    monkeypatch.setenv("HYBRID_ANSWER__MAX_QUOTES", "many")
    said = refusal(path)
    assert "5 settings are wrong" in said
    for one in (f"memory.enabled = 'maybe' ({path})", f"memory.window = -1 ({path})", f"memory.none = 1 ({path})",
                f"answer.max_quotes = 0 ({path})", "answer.max_quotes = 'many' (environment variable"):  # fmt: skip
        assert said.count(one) == 1, said


def test_settings_that_fit_only_together_may_come_from_two_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "[router]\nlookup_below = 0.9\n")
    monkeypatch.setenv("HYBRID_ROUTER__COMPREHENSION_ABOVE", "0.95")
    assert Settings.load(path).router.lookup_below == 0.9


@pytest.mark.parametrize("text", ["[memory]\nenabled = 'maybe'\n", "[router]\nlookup_below = 0.9\n"])
def test_a_refused_open_leaves_nothing_behind_whatever_a_variable_overrules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = written(tmp_path, text)
    monkeypatch.setenv("HYBRID_MEMORY__ENABLED", "false")
    monkeypatch.setenv("HYBRID_ROUTER__COMPREHENSION_ABOVE", "0.95")
    with pytest.raises(SettingsError):
        hybrid.Corpus.open(tmp_path / "new", path)
    assert not (tmp_path / "new").exists()


def test_a_variable_of_too_many_parts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_ANSWER__MAX_QUOTES__X", "1")
    assert "answer.max_quotes (environment variable HYBRID_ANSWER__MAX_QUOTES__X)" in refusal()


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes("[answer]\r\nmax_quotes = 2\r\n".encode("utf-8-sig"))
    assert Settings.load(path).answer.max_quotes == 2
