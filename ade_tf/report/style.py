"""The look of the page: light and dark, wide, narrow and printed."""

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --raised: #f5f6f8;
  --rule: #d5d9de; --link: #0a58a6;
  --c0: #0b62a8; --c1: #c2500a; --c2: #00795a; --c3: #a8327f;
  --c4: #7a6400; --c5: #5b48b5; --c6: #b3261e; --c7: #3d5a66;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7eb; --soft: #a2abb6; --paper: #14171b; --raised: #1d2127;
    --rule: #3a4149; --link: #7db7f2;
    --c0: #6cb2f0; --c1: #f29a5b; --c2: #4fc8a0; --c3: #ea86c4;
    --c4: #d6bd4a; --c5: #ab9cf5; --c6: #f58a80; --c7: #9fbac6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 76rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  overflow-wrap: break-word;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 {
  font-size: 1.3rem; line-height: 1.3; margin: 2.8rem 0 .8rem;
  padding-top: .7rem; border-top: 2px solid var(--rule);
}
h3 { font-size: 1.05rem; line-height: 1.35; margin: 1.6rem 0 .5rem; }
p { margin: .5rem 0; max-width: 48rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none;
  margin: 1rem 0 0; padding: 0; }
.soft, figcaption, .small { color: var(--soft); font-size: .9rem; }
.warn { color: var(--c6); }
code, pre, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace;
  font-size: .86em; }
pre {
  background: var(--raised); border: 1px solid var(--rule); border-radius: .4rem;
  padding: .7rem .9rem; margin: .4rem 0 1rem; overflow-x: auto;
}
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .92rem; line-height: 1.35; }
caption { text-align: left; color: var(--soft); padding: 0 0 .4rem;
  font-size: .9rem; }
caption > span { display: block; position: sticky; left: 0;
  max-width: min(48rem, calc(100vw - 2.5rem)); }
th, td { text-align: left; vertical-align: top; padding: .38rem .9rem .38rem 0;
  border-bottom: 1px solid var(--rule); }
thead th { border-bottom: 2px solid var(--soft); vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 3.2rem; max-width: 16rem; }
td.number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th.number { text-align: right; }
td.wide { min-width: 11rem; }
.error, .floor { color: var(--soft); }
.floor { display: block; font-size: .85em; }
.tag { font-weight: 700; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem;
  margin: .6rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--link); }
figure { margin: 0; }
figcaption { margin-top: .35rem; overflow-wrap: anywhere; }
.pictures { display: grid; gap: 1.3rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
.pictures img { display: block; max-width: 100%; height: auto; }
.curves { display: grid; gap: 1.3rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
.main-curve { max-width: 52rem; }
.main-curve .chart { min-width: 27rem; }
.chart { display: block; width: 100%; height: auto; }
.chart text { font: 13px system-ui, "Liberation Sans", sans-serif;
  fill: var(--soft); }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .axis { stroke: var(--soft); stroke-width: 1; }
.line { fill: none; stroke-linejoin: round; }
.training { stroke-width: 1.2; opacity: .75; }
.held-out { stroke-width: 2.2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.4rem;
  margin: .4rem 0 .8rem; padding: 0; }
.legend li { max-width: 100%; overflow-wrap: anywhere; }
COLOURS
@media (max-width: 40rem) {
  body { padding: 1rem .8rem 3rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .45rem; }
}
@media print {
  :root {
    color-scheme: light;
    --ink: #000000; --soft: #444444; --paper: #ffffff; --raised: #f5f6f8;
    --rule: #c8ccd1; --link: #000000;
    --c0: #0b62a8; --c1: #c2500a; --c2: #00795a; --c3: #a8327f;
    --c4: #7a6400; --c5: #5b48b5; --c6: #b3261e; --c7: #3d5a66;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .scroll { overflow: visible; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  caption > span { max-width: none; }
  table { font-size: 8pt; }
  td.wide { min-width: 0; }
  figure, tr, dl { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .pictures, .curves { grid-template-columns: 1fr 1fr; }
}
""".replace(
    "COLOURS",
    "\n".join(
        f".c{n} {{ color: var(--c{n}); }} .line.c{n} {{ stroke: var(--c{n}); }} "
        f".point.c{n}, .chart text.c{n} {{ fill: var(--c{n}); }}"
        for n in range(8)
    ),
)
