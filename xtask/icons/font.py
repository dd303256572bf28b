"""Makes the icon font from the pictures in assets/icons, which are drawn with strokes.

usage: font.py <assets/icons> <icons.woff2>

Icons stand from U+E000 on, in the order of their names; the marks of ports from U+E800 on, eight places each:
what is behind it, open, filled, and the same three for a list. A font and not pictures, because every picture on a card
is a few more layers that the browser sorts in each frame of a pan.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.transform import Transform
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from picosvg import svg_pathops
from picosvg.svg import SVG
from picosvg.svg_transform import Affine2D
from picosvg.svg_types import SVGPath

EM = 1200  # Font units in the height of a picture: 50 or 75 to one of its own.
ICONS, PORTS, PLACES = 0xE000, 0xE800, 8
STROKE, BAR = 1.75, 2.0  # Of a port's outline, and of the bars of sound.
RING, RING_STROKE = 1.45, 1.1  # The second outline that lists wear: how much larger, and how strong.


def stroked(path, width, cap="butt"):
    return list(svg_pathops.stroke(path, cap, "round", width, 4, 0.01))


def union(*paths):
    return list(svg_pathops.union(paths, ["nonzero"] * len(paths)))


def less(path, other):
    return list(svg_pathops.difference([path, other], ["nonzero"] * 2))


def icon(file):
    picture = SVG.parse(str(file)).topicosvg()
    return union(*[list(shape.as_cmd_seq()) for shape in picture.shapes()])


def port(file):
    """The six drawings of one mark, in the order of their places."""
    paths = ElementTree.parse(file).getroot().findall("{http://www.w3.org/2000/svg}path")
    drawn = {path.get("id", "core"): list(SVGPath(d=path.get("d")).arcs_to_cubics().absolute().as_cmd_seq()) for path in paths}
    if "lines" in drawn:
        bars = stroked(drawn["lines"], BAR, "round")
        around = drawn["lines"]
        box = list(SVGPath(d="M1.5 1.5H14.5V14.5H1.5Z").absolute().as_cmd_seq())
        ring = stroked(box, RING_STROKE)
        return [[], bars, bars, union(box, ring), union(bars, ring), union(bars, ring)]
    core = drawn["core"]
    outline, full = stroked(core, STROKE), union(core, stroked(core, STROKE))
    opened, filled = outline, full
    if "cut" in drawn:
        cut = stroked(drawn["cut"], STROKE)
        opened, filled = union(outline, cut), less(full, cut)
    larger = Affine2D(RING, 0, 0, RING, 8 - 8 * RING, 8 - 8 * RING)
    around = list(svg_pathops.transform(core, larger))
    ring = stroked(around, RING_STROKE)
    return [full, opened, filled, union(around, ring), union(ring, opened), union(ring, filled)]


def glyph(path, size):
    pen = TTGlyphPen(None)
    scale = EM / size
    # Pictures count downwards from their top, fonts upwards from their base line.
    placed = TransformPen(Cu2QuPen(pen, 0.6, reverse_direction=True), Transform(scale, 0, 0, -scale, 0, EM))
    if path:
        svg_pathops.skia_path(path, "nonzero").draw(placed)
    return pen.glyph()


def main(folder, out):
    glyphs, codes = {".notdef": glyph([], 24)}, {}

    def add(code, name, path, size):
        glyphs[name], codes[code] = glyph(path, size), name

    for number, file in enumerate(sorted(folder.glob("*.svg"), key=lambda file: file.stem)):
        add(ICONS + number, file.stem, icon(file), 24)
    for number, file in enumerate(sorted((folder / "ports").glob("*.svg"), key=lambda file: file.stem)):
        for place, path in enumerate(port(file)):
            add(PORTS + PLACES * number + place, f"port-{file.stem}-{place}", path, 16)
    font = FontBuilder(EM, isTTF=True)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap(codes)
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics({name: (EM, glyphs[name].xMin if glyphs[name].numberOfContours else 0) for name in glyphs})
    # The square of a picture is the line that it stands in.
    font.setupHorizontalHeader(ascent=EM, descent=0)
    font.setupOS2(sTypoAscender=EM, sTypoDescender=0, sTypoLineGap=0, usWinAscent=EM, usWinDescent=0)
    font.setupNameTable({"familyName": "OpenFlow Icons", "styleName": "Regular"})
    font.setupPost(keepGlyphNames=False)

    font.font.recalcTimestamp = False
    font.font.flavor = "woff2"
    font.save(out)
    print(f"{len(codes)} pictures, {Path(out).stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
