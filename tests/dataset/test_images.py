"""Images: what they are, and how many tokens they count (FACTS.md §1.6)."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.catalog import find
from drytune_simulator.dataset.images import ImageSize, TokenRange, image_facts, image_tokens, size_tokens

TILES = find("gpt-4o").image_tokens
PATCHES = find("gpt-4.1-mini").image_tokens


def png(width, height):
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0" + b"\0" * 99
    )


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(width, height, marker=0xC0, before=()):
    frame = segment(marker, struct.pack(">BHHB", 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1")
    return b"\xff\xd8" + b"".join(before) + frame + segment(0xDA, b"\0" * 10) + b"pixels\xff\xd9"


def riff(chunk):
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def webp_lossy(width, height):
    body = b"\x30\1\0\x9d\1\x2a" + struct.pack("<HH", width | 1 << 14, height | 2 << 14) + b"pixels"
    return riff(b"VP8 " + struct.pack("<I", len(body)) + body)


def webp_lossless(width, height):
    body = b"\x2f" + struct.pack("<I", width - 1 | (height - 1) << 14 | 1 << 28)
    return riff(b"VP8L" + struct.pack("<I", len(body)) + body)


def webp_extended(width, height):
    body = b"\x10\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(b"VP8X" + struct.pack("<I", len(body)) + body + b"ALPH")


def data_url(content, mime="image/png"):
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def part(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


MAKERS = {
    "png": (png, 2**31),
    "jpeg": (jpeg, 2**16),
    "webp": (webp_lossy, 2**14),
    "webp lossless": (webp_lossless, 2**14 + 1),
    "webp extended": (webp_extended, 2**24 + 1),
}


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_sizes_are_read_from_the_first_bytes(name, data):
    """Width and height of every kind of picture, and its size in bytes, come out as they went in."""
    make, limit = MAKERS[name]
    size = ImageSize(data.draw(st.integers(1, limit - 1)), data.draw(st.integers(1, limit - 1)))
    content = make(*size)
    facts = image_facts(data_url(content))
    assert (facts.kind, facts.format, facts.size) == ("data", name.partition(" ")[0], size)
    assert facts.bytes == len(content)
    assert facts.readable


@pytest.mark.parametrize(
    "marker", [*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)]
)
def test_every_frame_of_a_jpeg(marker):
    """Baseline, progressive, lossless, arithmetic: the size is in whichever frame header there is."""
    assert image_facts(data_url(jpeg(640, 480, marker))).size == (640, 480)


def test_what_comes_before_a_jpegs_frame():
    """Profiles, comments, tables, fillers and a thumbnail's own frame inside a segment are stepped over."""
    before = [
        segment(0xE0, b"JFIF\0"),
        segment(0xE1, b"Exif\0\0" + jpeg(160, 120)),
        *[segment(0xE2, b"ICC_PROFILE\0" + b"\xff\xc0" * 32_000)] * 40,
        segment(0xFE, b"a comment"),
        b"\xff\xff\xff",
        segment(0xC4, b"\0" * 30),
        segment(0xDB, b"\0" * 65),
        b"\xff\x01",
    ]
    assert image_facts(data_url(jpeg(4000, 3000, 0xC2, before))).size == (4000, 3000)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png(0, 5),
        png(5, 0),
        png(5, 5).replace(b"IHDR", b"CgBI"),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        jpeg(5, 0),
        jpeg(5, 5)[:8],
        b"\xff\xd8" + segment(0xDA, b"\0" * 10) + jpeg(5, 5)[2:],
        b"\xff\xd8" + segment(0xE0, b"")[:2] + b"\0\1" + jpeg(5, 5)[2:],
        b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000,
        webp_lossy(5, 5)[:28],
        webp_lossy(5, 5).replace(b"\x9d\1\x2a", b"\0\0\0"),
        webp_lossless(5, 5)[:24],
        webp_extended(5, 5)[:28],
        riff(b"ALPH" + b"\0" * 30),
        b"GIF89a\5\0\5\0",
    ],
)
def test_unreadable_pictures(content):
    """A picture that says no size has none, and counts from the least to the most that an image can."""
    facts = image_facts(data_url(content))
    assert (facts.size, facts.readable, facts.bytes) == (None, False, len(content))
    assert image_tokens(part(data_url(content), detail="high"), TILES) == (85 + 170, 85 + 8 * 170)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"GIF87a", "gif"),
        (b"BM" + b"\0" * 20, "bmp"),
        (b"II*\0", "tiff"),
        (b"\0\0\0\x20ftypavif", "avif"),
        (b"\0\0\0\x20ftypheic", "heic"),
        (b"%PDF-1.7", "pdf"),
        (b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="x">', "svg"),
        (b"<svg>", "svg"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"hello", None),
    ],
)
def test_other_formats_are_named(content, form):
    """What the platform does not take is named all the same, whatever the URL declares."""
    facts = image_facts(data_url(content, "image/jpeg"))
    assert (facts.format, facts.mime, facts.size) == (form, "image/jpeg", None)


@pytest.mark.parametrize(
    ("url", "kind", "mime", "size"),
    [
        ("https://example.com/cat.png", "remote", None, None),
        ("HTTP://example.com", "remote", None, None),
        ("https://", "other", None, None),
        ("https:///cat.png", "other", None, None),
        ("ftp://example.com/cat.png", "other", None, None),
        ("file:///cat.png", "other", None, None),
        ("cat.png", "other", None, None),
        ("", "other", None, None),
        (base64.b64encode(png(5, 5)).decode(), "other", None, None),
        ("data:", "data", None, None),
        ("data:image/png;base64", "data", None, None),
        ("data:,", "data", None, 0),
        ("data:;base64,", "data", None, 0),
        ("data:image/svg+xml,%3Csvg%3E", "data", "image/svg+xml", 5),
        ("DATA:IMAGE/PNG;charset=x;BASE64,AAAA", "data", "image/png", 3),
        ("data:image/png;base64,AA==", "data", "image/png", 1),
        ("data:image/png;base64,AA", "data", "image/png", 1),
        ("data:image/png;base64,AAA=", "data", "image/png", 2),
        ("data:image/png;base64,AA%3D%3D", "data", "image/png", 1),
        ("data:image/png;base64,AA\r\nAA", "data", "image/png", 3),
    ],
)
def test_urls(url, kind, mime, size):
    """A URL is remote, or holds the image, or is nothing that the platform can read."""
    facts = image_facts(url)
    assert (facts.kind, facts.mime, facts.bytes) == (kind, mime, size)


@pytest.mark.parametrize(
    "fold", [lambda text: text.rstrip("="), lambda text: text.replace("+", "%2B"), "\n".join]
)
def test_base64_as_it_comes(fold):
    """Without its padding, percent-encoded or folded, base64 is read all the same."""
    head, comma, text = data_url(jpeg(317, 211)).partition(",")
    assert image_facts(head + comma + fold(text)).size == (317, 211)


@pytest.mark.parametrize(
    ("width", "height", "detail", "tokens"),
    [
        (1024, 1024, "high", 765),  # the documentation's examples
        (2048, 4096, "high", 1105),
        (4096, 8192, "low", 85),
        (1800, 2400, "high", 765),  # measured, as the next two
        (128, 64, "high", 255),
        (512, 512, "high", 255),
        (513, 512, "high", 425),
        (768, 2048, "high", 85 + 8 * 170),
        (1, 10**6, "high", 85 + 4 * 170),
        (1, 1, "high", 255),
    ],
)
def test_tiles(width, height, detail, tokens):
    """An image is shrunk into 2048 px and to 768 px at its shorter side, never enlarged, and cut into tiles."""
    assert size_tokens(ImageSize(width, height), detail, TILES) == (tokens, tokens)


@pytest.mark.parametrize(
    ("width", "height", "patches"),
    [
        (1024, 1024, 1024),  # the documentation's examples
        (1800, 2400, 1452),
        (768, 2048, 1536),
        (1, 1, 1),
        (33, 32, 2),
        (1920, 1080, 29 * 52),
        (1992, 1328, 1536),
        (4096, 32, 64),
        (1, 10**6, 64),
    ],
)
def test_patches(width, height, patches):
    """Patches of 32 px are counted after shrinking into 2048 px and 1,536 of them, and each is 1.62 tokens."""
    tokens = -(-patches * 162 // 100)
    assert size_tokens(ImageSize(width, height), "high", PATCHES) == (tokens, tokens)


_sizes = st.builds(ImageSize, st.integers(1, 5000), st.integers(1, 5000))


@given(_sizes, st.sampled_from([TILES, PATCHES]), st.sampled_from(["low", "high", "auto"]))
def test_an_unseen_image_is_in_its_range(size, scheme, detail):
    """Whatever an image turns out to be, it counts within the range that was told before it was seen."""
    seen, unseen = size_tokens(size, detail, scheme), size_tokens(None, detail, scheme)
    assert unseen.low <= seen.low <= seen.high <= unseen.high
    turned = ImageSize(size.height, size.width)
    assert size_tokens(turned, detail, scheme) == seen


@given(_sizes)
def test_high_detail_is_exact_and_auto_is_below(size):
    """High detail is one number; ``auto`` goes from low detail up to it."""
    for scheme in (TILES, PATCHES):
        high = size_tokens(size, "high", scheme)
        low = size_tokens(size, "low", scheme)
        assert high.low == high.high
        assert size_tokens(size, "auto", scheme) == (low.low, high.high)


@pytest.mark.parametrize(
    ("content", "scheme", "tokens"),
    [
        (part(data_url(png(1024, 1024)), detail="high"), TILES, (765, 765)),
        (part(data_url(png(1024, 1024)), detail="low"), TILES, (85, 85)),
        (part(data_url(png(1024, 1024)), detail="auto"), TILES, (85, 765)),
        (part(data_url(png(1024, 1024))), TILES, (85, 765)),
        (part(data_url(png(1024, 1024)), detail="original"), TILES, (85, 765)),
        (part(data_url(png(1024, 1024)), detail=["low"]), TILES, (85, 765)),
        (part("https://example.com/cat.png", detail="low"), TILES, (85, 85)),
        (part("https://example.com/cat.png", detail="high"), TILES, (255, 1445)),
        (part("https://example.com/cat.png"), TILES, (85, 1445)),
        (part("https://example.com/cat.png"), PATCHES, (2, 2489)),
        ({"type": "image_url", "image_url": data_url(png(8, 8))}, TILES, (85, 255)),
        (part(data_url(png(1024, 1024))), find("gpt-4o-mini").image_tokens, (2833, 2833 + 4 * 5667)),
        (part(data_url(png(1024, 1024)), detail="high"), find("o4-mini").image_tokens, (1762, 1762)),
        (part(data_url(png(1024, 1024))), find("gpt-3.5-turbo").image_tokens, (0, 0)),
    ],
)
def test_parts(content, scheme, tokens):
    """A content part counts by the model's scheme and the detail it asks for."""
    assert image_tokens(content, scheme) == TokenRange(*tokens)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.dictionaries(st.sampled_from(["type", "image_url", "url", "detail"]), inner) | st.lists(inner)
    ),
    max_leaves=8,
)


@given(_json)
def test_any_part_is_counted(content):
    """What cannot be understood is an image that cannot be seen."""
    low, high = image_tokens(content, TILES)
    assert 85 <= low <= high <= 1445


_base64 = st.builds(data_url, st.binary(max_size=60))
_begun = st.builds(
    lambda start, rest: data_url(start + rest),
    st.sampled_from(
        [png(9, 9)[:16], jpeg(9, 9)[:4], b"\xff\xd8", webp_lossy(9, 9)[:20], webp_extended(9, 9)[:20]]
    ),
    st.binary(max_size=60),
)
_prefixed = st.builds(
    str.__add__, st.sampled_from(["data:", "data:image/png;base64,", "http://", "https://["]), st.text()
)


@given(st.text() | _base64 | _begun | _prefixed)
def test_no_string_raises(url):
    """Any string has facts: none of them negative, none of them without the others they need."""
    facts = image_facts(url)
    assert facts.kind in {"remote", "data", "other"}
    assert facts.bytes is None or facts.bytes >= 0
    assert facts.size is None or (min(facts.size) >= 1 and facts.format in {"png", "jpeg", "webp"})


def test_only_what_is_looked_at_is_decoded():
    """An image of megabytes is known by its first bytes: what follows may even be nonsense."""
    start = data_url(png(300, 200) + bytes(300))[:-4]
    facts = image_facts(start + "!" * (12 << 20))
    assert facts.size == (300, 200)
    assert facts.bytes == (len(start.partition(",")[2]) + (12 << 20)) * 3 // 4
