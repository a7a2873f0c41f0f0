from pathlib import Path

from polyvox.train.human_speech import human_speech
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.split import part_of

ROWS = [
    Recording("fr/1.ogg", "fr", "words/cat", "", "un chat", "", "", 1.0),
    Recording("lt/2.ogg", "lt", "geography/asia/iran", "", "", "", "", 1.0),
    Recording("pt_BR/3.ogg", "pt_BR", "intro/sudoku", "", "", "", "", 4.0),
    Recording("el/4.ogg", "el", "{17}", "", "τρία", "en", "3", 1.0),
    Recording("ar/5.ogg", "ar", "yes", "", "", "en", "yes", 1.0),
]


def test_rows_get_their_meaning_and_text(tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    write_manifest(tmp_path / "some" / "manifest.tsv", ROWS)
    cat, iran, game, three, yes = human_speech(tmp_path, ["some"], {("lt", "iran"): "Iranas"})
    assert (cat.text, cat.given, cat.english, cat.key) == ("un chat", True, "cat", "cat")
    assert (iran.text, iran.given, iran.english) == ("Iranas", False, "iran")
    assert (game.language, game.text, game.english, game.key) == ("pt-BR", "", "", "intro/sudoku")
    assert (three.english, three.text) == ("three", "τρία")
    assert yes.text == "نَعَم"
    assert cat.part == part_of("cat")
    assert cat.path == tmp_path / "some" / "fr" / "1.ogg"
