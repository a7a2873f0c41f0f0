"""The shapes of requests and responses, as OpenAPI shows them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from polyvox.index import SearchMode
from polyvox.item import Modality
from polyvox.serve.tokens import Role

MOST_HITS = 100
DEEPEST = 1_000
MOST_SPOKEN = 3
"""Languages of one question; each combination costs 0.1 s and 3 MB when it is first asked for."""
QUERY_CHARS = 4_096
TEXT_CHARS = 16_384

InputText = Annotated[str, StringConstraints(max_length=TEXT_CHARS)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Strict(BaseModel):
    """A request: a field that nobody knows is an error."""

    model_config = ConfigDict(extra="forbid")


class SearchFields(Strict):
    """What a search by text and one by voice have in common."""

    limit: int = Field(10, ge=1, le=MOST_HITS, description="hits to return")
    offset: int = Field(0, ge=0, le=DEEPEST - MOST_HITS, description="hits to leave out, for paging")
    language: list[Tag] | None = Field(
        None, max_length=64, description="BCP 47 tags; any of them will do, and 'pt' finds 'pt-BR'"
    )
    modality: Modality | None = Field(None, description="only texts, or only recordings")
    mode: SearchMode | None = Field(
        None, description="by meaning, by words, or both fused; a voice has no words (default: hybrid, dense)"
    )


class VoiceFields(SearchFields):
    """What comes with a spoken question."""

    spoken: list[Tag] | None = Field(
        None,
        max_length=MOST_SPOKEN,
        description="BCP 47 tags of the question's language, or of up to 3; it is heard better for them",
    )


class SearchRequest(SearchFields):
    """A search by text."""

    query: str = Field(min_length=1, max_length=QUERY_CHARS)


class HitBody(BaseModel):
    """A hit. `highlights` counts Unicode code points of `text`; times are seconds of the recording.

    `audio` may begin later than the recording does: at `audio_start`.
    """

    id: str
    rank: int
    score: float
    modality: Modality
    language: str
    text: str | None
    highlights: list[tuple[int, int]]
    file: str
    start: float | None
    end: float | None
    page: str | None = Field(description="where in its file a text stands, such as 'page 3' or 'row 12'")
    audio: str | None
    audio_start: float
    peaks: str | None


class QueryBody(BaseModel):
    """What was asked: the text, or how many seconds of sound were heard."""

    text: str | None
    seconds: float | None


class SearchResponse(BaseModel):
    """Hits, best first."""

    hits: list[HitBody]
    more: bool
    took_ms: float
    query: QueryBody


class LanguageBody(BaseModel):
    """How much of the collection is in one language."""

    tag: str
    name: str
    texts: int
    recordings: int


class LimitsBody(BaseModel):
    """What one upload may be."""

    upload_bytes: int
    upload_seconds: float
    upload_files: int
    query_bytes: int
    query_seconds: float


class CollectionBody(BaseModel):
    """What the collection holds, and what this client may do with it."""

    name: str
    items: int
    texts: int
    recordings: int
    files: int
    languages: list[LanguageBody]
    model: str
    dimension: int
    modalities: list[Modality]
    writable: bool
    limits: LimitsBody
    suffixes: list[str]


class ItemBody(HitBody):
    """One item of the collection."""

    position: int
    metadata: dict[str, str]


class TextBody(Strict):
    """A text to index; one with the same `id` replaces it."""

    text: str = Field(min_length=1, max_length=TEXT_CHARS)
    language: Tag | None = None
    id: str | None = Field(None, min_length=1, max_length=200)


class TextsRequest(Strict):
    """Texts to index."""

    texts: list[TextBody] = Field(min_length=1, max_length=10_000)


class ProblemBody(BaseModel):
    """What could not be read, and why."""

    file: str
    message: str


class JobBody(BaseModel):
    """Indexing at work. `done` and `total` count bytes of files, or texts."""

    id: str
    kind: Literal["files", "texts"]
    state: Literal["queued", "running", "done", "failed"]
    done: int
    total: int
    file: str | None
    files: int
    items: int
    problems: list[ProblemBody]
    created: float
    eta_seconds: float | None


class JobAccepted(BaseModel):
    """The job that an upload has become."""

    job: JobBody


class JobsBody(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobBody]


class DeletedBody(BaseModel):
    """How many items are gone."""

    deleted: int


class HealthBody(BaseModel):
    """The server is alive and its index can be read."""

    status: Literal["ok"]
    items: int
    version: str


class SessionRequest(Strict):
    """A token to keep in a cookie."""

    token: str = Field(min_length=1, max_length=4_096)


class SessionBody(BaseModel):
    """Who the server takes this client for."""

    role: Literal["nobody", "read", "write"]

    @classmethod
    def of(cls, role: Role) -> Self:
        """The session of a client that has this role."""
        return cls.model_validate({"role": role.name.lower()})


class AudioEmbeddingsFields(BaseModel):
    """What OpenAI's API knows beside the input; fields that are not here are ignored."""

    model: str = Field("default", max_length=200)
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1, le=65_536)
    role: Literal["query", "passage"] = Field("passage", description="not OpenAI's: which side of a search")


class EmbeddingsRequest(AudioEmbeddingsFields):
    """A request in the shape of OpenAI's."""

    input: InputText | list[InputText] = Field(description="one text, or up to 2,048")


class EmbeddingBody(BaseModel):
    """One vector of unit length; base64 is of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class UsageBody(BaseModel):
    """Tokens are not counted; always 0."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsBody(BaseModel):
    """Vectors in the order of the inputs."""

    object: Literal["list"]
    data: list[EmbeddingBody]
    model: str
    usage: UsageBody


class PeaksBody(BaseModel):
    """The loudest sample in each of equal parts of a hit, 0 to 1."""

    start: float
    end: float
    peaks: list[float]


class PointBody(BaseModel):
    """One item on the map."""

    id: str
    x: float
    y: float
    language: str
    modality: Modality
    label: str


class MapBody(BaseModel):
    """A two-dimensional projection; `explained` is each axis's share of the variance."""

    points: list[PointBody]
    method: Literal["pca"]
    explained: list[float]


class UploadFields(Strict):
    """What can be said about uploaded files."""

    language: str = Field("", max_length=64, description="BCP 47 tag of all files; detected where empty")
