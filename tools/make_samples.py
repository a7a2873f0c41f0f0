"""Write the sample collection: texts from samples.toml in many formats, and speech made from them.

Needs espeak-ng, ffmpeg, fpdf2 and python-docx; run it only when samples.toml changes:
    python tools/make_samples.py src/polyvox/samples
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import docx
from fpdf import FPDF

Announcements = dict[str, dict[str, str]]

VOICES = {
    "en": "en-us", "fr": "fr-fr", "es": "es", "pt": "pt-br", "de": "de", "sw": "sw", "tr": "tr", "ru": "ru",
    "el": "el", "ar": "ar", "hi": "hi", "zh": "cmn",
}  # fmt: skip

WRITTEN = {
    "en": ("bulletin.md", ("bread", "storm", "doctor", "library")),
    "fr": ("petites-annonces.html", ("dog", "music", "honey", "bus")),
    "es": ("noticias.srt", ("football", "power", "water")),
    "pt": ("avisos.vtt", ("fish", "bus", "storm")),
    "de": ("Aushang.pdf", ("library", "bread", "power")),
    "sw": ("matangazo.txt", ("water", "doctor", "fish", "honey")),
    "tr": ("duyurular.csv", ("football", "storm", "dog")),
    "ru": ("объявления.txt", ("bus", "music", "fish", "doctor")),
    "el": ("ανακοινώσεις.txt", ("honey", "bread", "library")),
    "ar": ("إعلانات.txt", ("storm", "water", "football")),
    "hi": ("सूचना.docx", ("dog", "power", "library")),
    "zh": ("公告.jsonl", ("bread", "fish", "music", "doctor")),
}
SPOKEN = {
    "en": ("evening-news.ogg", ("football", "power", "dog")),
    "fr": ("meteo.mp3", ("storm", "power")),
    "es": ("mercado.ogg", ("fish", "bread", "bus")),
    "pt": ("radio-do-porto.ogg", ("honey", "music")),
    "de": ("lokalfunk.ogg", ("doctor", "football")),
    "sw": ("taarifa.ogg", ("storm", "bus", "football", "dog")),
    "tr": ("haberler.ogg", ("water", "bread")),
    "ru": ("новости.ogg", ("water", "storm", "library")),
    "el": ("ειδήσεις.m4a", ("fish", "bus")),
    "ar": ("أخبار.ogg", ("bread", "doctor", "dog")),
    "hi": ("समाचार.wav", ("honey",)),
    "zh": ("新闻.ogg", ("storm", "water", "bus")),
}
PROGRAMME = ("en", "fr", "sw", "es")


def speak(text: str, language: str, wav: Path, *, variant: str = "", rate: int = 150) -> None:
    """Speak `text` into a WAV file with espeak-ng."""
    subprocess.run(
        ["espeak-ng", "-v", VOICES[language] + variant, "-s", str(rate), "-w", str(wav), text], check=True
    )


def join(parts: Sequence[Path], out: Path, *, pause: float) -> None:
    """Put recordings one after the other with `pause` seconds of silence between, small: 16 kbit/s."""
    inputs = [argument for part in parts for argument in ("-i", str(part))]
    padded = "".join(f"[{i}:a]aresample=16000,apad=pad_dur={pause}[p{i}];" for i in range(len(parts)))
    joined = "".join(f"[p{i}]" for i in range(len(parts))) + f"concat=n={len(parts)}:v=0:a=1[out]"
    rate = {
        ".ogg": ["-c:a", "libopus", "-b:a", "16k"],
        ".wav": [],
        ".mp3": ["-b:a", "24k"],
        ".m4a": ["-b:a", "24k"],
    }
    command = [
        "ffmpeg",
        "-y",
        "-loglevel",
        "error",
        *inputs,
        "-filter_complex",
        padded + joined,
        "-map",
        "[out]",
    ]
    subprocess.run([*command, "-ac", "1", *rate[out.suffix], str(out)], check=True)


def record(sentences: Sequence[tuple[str, str]], out: Path, *, variant: str = "", pause: float = 1.0) -> None:
    """Speak (language, sentence) pairs into one recording."""
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / f"{i}.wav" for i in range(len(sentences))]
        for part, (language, sentence) in zip(parts, sentences, strict=True):
            speak(sentence, language, part, variant=variant)
        join(parts, out, pause=pause)


def write_plain(path: Path, sentences: Sequence[str]) -> None:
    """One paragraph a sentence."""
    path.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")


def write_markdown(path: Path, sentences: Sequence[str]) -> None:
    """A heading and a list."""
    path.write_text("# Harbour Radio\n\n" + "\n".join(f"- {s}\n" for s in sentences), encoding="utf-8")


def write_html(path: Path, sentences: Sequence[str]) -> None:
    """A page with a language attribute."""
    body = "\n".join(f"<p>{s}</p>" for s in sentences)
    head = '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>Radio du Port</title></head>'
    page = f"{head}\n<body>\n{body}\n</body></html>\n"
    path.write_text(page, encoding="utf-8")


def cue_times(ordinal: int, separator: str) -> str:
    """The time line of a subtitle that lasts five seconds."""
    first, last = ordinal * 8 + 2, ordinal * 8 + 7
    return f"00:00:{first:02d}{separator}000 --> 00:00:{last:02d}{separator}000"


def write_srt(path: Path, sentences: Sequence[str]) -> None:
    """SubRip subtitles."""
    cues = [f"{i + 1}\n{cue_times(i, ',')}\n{s}\n" for i, s in enumerate(sentences)]
    path.write_text("\n".join(cues), encoding="utf-8")


def write_vtt(path: Path, sentences: Sequence[str]) -> None:
    """WebVTT subtitles."""
    cues = [f"{cue_times(i, '.')}\n{s}\n" for i, s in enumerate(sentences)]
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")


def write_pdf(path: Path, sentences: Sequence[str]) -> None:
    """One page."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=14)
    for sentence in sentences:
        pdf.multi_cell(0, 10, sentence)
        pdf.ln(6)
    pdf.output(str(path))


def write_docx(path: Path, sentences: Sequence[str]) -> None:
    """A Word document."""
    document = docx.Document()
    for sentence in sentences:
        document.add_paragraph(sentence)
    document.save(str(path))


def write_csv(path: Path, sentences: Sequence[str]) -> None:
    """A table with a text column."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "source"])
        rows.writerows([i + 1, s, "Liman Radyosu"] for i, s in enumerate(sentences))


def write_jsonl(path: Path, sentences: Sequence[str]) -> None:
    """One JSON object a line."""
    lines = [json.dumps({"id": str(i + 1), "text": s}, ensure_ascii=False) for i, s in enumerate(sentences)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


WRITERS = {
    ".txt": write_plain, ".md": write_markdown, ".html": write_html, ".srt": write_srt, ".vtt": write_vtt,
    ".pdf": write_pdf, ".docx": write_docx, ".csv": write_csv, ".jsonl": write_jsonl,
}  # fmt: skip


def main() -> None:
    """Write everything below the folder named on the command line."""
    out = Path(sys.argv[1])
    source = tomllib.loads(Path(__file__).with_name("samples.toml").read_text(encoding="utf-8"))
    queries = source.pop("queries")
    for language, (name, topics) in WRITTEN.items():
        path = out / "collection" / language / name
        path.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[path.suffix](path, [source[topic][language] for topic in topics])
    for language, (name, topics) in SPOKEN.items():
        record(
            [(language, source[topic][language]) for topic in topics], out / "collection" / language / name
        )
    (out / "collection" / "programme").mkdir(exist_ok=True)
    programme = [(language, source[topic][language]) for topic in source for language in PROGRAMME]
    record(programme, out / "collection" / "programme" / "morning-programme.ogg", variant="+f2", pause=1.2)
    (out / "queries").mkdir(exist_ok=True)
    for language, sentence in queries["voice"].items():
        record([(language, sentence)], out / "queries" / f"{language}.ogg", variant="+m3", pause=0.2)
    text = "".join(f'{language} = "{sentence}"\n' for language, sentence in queries["text"].items())
    spoken = "".join(f'{language} = "{sentence}"\n' for language, sentence in queries["voice"].items())
    (out / "queries" / "queries.toml").write_text(f"[text]\n{text}\n[voice]\n{spoken}", encoding="utf-8")


if __name__ == "__main__":
    main()
