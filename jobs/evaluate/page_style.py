"""The look of evaluation.html: system fonts, light and dark, screen and paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #17202b; --soft: #5d6b7a;
  --edge: #e1e5ea; --grid: #e9edf1; --accent: 37 99 189; --bar: #dbe4f0; --good: #17734a;
  --good-bg: #e5f4ec; --bad: #b3261e; --bad-bg: #fbeae9;
  --c0: #2563bd; --c1: #c2571a; --c2: #16805a; --c3: #8a3fb0; --c4: #a8811a; --c5: #be2f6b; }
@media (prefers-color-scheme: dark) { :root { --page: #10151b; --card: #18202a; --ink: #e8edf3;
  --soft: #9aa8b7; --edge: #2a3542; --grid: #26303c; --accent: 96 156 240; --bar: #2a3a4f;
  --good: #6fd3a2; --good-bg: #14301f; --bad: #ff9a92; --bad-bg: #3a1a18;
  --c0: #6ba4f3; --c1: #f0965c; --c2: #58c89c; --c3: #c690e4; --c4: #dcb95a; --c5: #f083ae; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 56px; }
header { margin-bottom: 24px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.01em; }
h2 { font-size: 17px; margin: 36px 0 12px; }
h3 { font-size: 14px; margin: 0 0 8px; }
p { margin: 0; } .soft { color: var(--soft); }
code { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(190px, 44%), 1fr));
  gap: 12px; }
.card, .panel { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; }
.card { padding: 14px 16px 12px; } .panel { padding: 18px 20px; }
.card dt { color: var(--soft); font-size: 13px; } dl { margin: 0; }
.card dd { margin: 0; font-size: 27px; font-weight: 600; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.card small { color: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.gates { list-style: none; padding: 0; margin: 0 0 20px; display: grid; gap: 8px; }
.gates li { border-radius: 8px; padding: 9px 14px; }
.gates .passed { background: var(--good-bg); color: var(--good); }
.gates .missed { background: var(--bad-bg); color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; }
.plot { display: block; width: 100%; height: auto; }
.grid { stroke: var(--grid); } .tick { fill: var(--soft); font-size: 11px; }
.side { fill: var(--soft); font-size: 12px; }
.guide { stroke: var(--soft); stroke-dasharray: 4 4; }
.bar { fill: var(--bar); } .line { fill: none; stroke: var(--c); stroke-width: 2.2;
  stroke-linejoin: round; } .dot { fill: var(--c); }
.mark { fill: var(--card); stroke: var(--ink); stroke-width: 2; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
.legend { list-style: none; padding: 0; margin: 8px 0 0; display: flex; flex-wrap: wrap;
  gap: 4px 14px; font-size: 13px; } .legend i { display: inline-block; width: 14px; height: 3px;
  background: var(--c); border-radius: 2px; margin-right: 6px; vertical-align: middle; }
.caption { color: var(--soft); font-size: 13px; margin-top: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--soft); font-size: 13px; text-align: left; }
th, td { padding: 7px 12px; } td { text-align: right; }
.rows { width: 100%; } .rows tr + tr > * { border-top: 1px solid var(--edge); }
.rows thead th { border-bottom: 1px solid var(--edge); text-align: right; }
.rows th:first-child { text-align: left; } .rows tbody th { color: var(--ink); }
.confusion td { min-width: 116px; text-align: center; padding: 14px 12px; border-radius: 6px;
  background: rgb(var(--accent) / calc(.05 + .5 * var(--share))); font-weight: 600;
  font-size: 17px; } .confusion td small { display: block; font-weight: 400; font-size: 12.5px; }
#confusion-panel { width: fit-content; max-width: 100%; }
.confusion { border-collapse: separate; border-spacing: 4px; }
.confusion thead th { text-align: center; } .confusion tbody th { text-align: right; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
ul.notes { margin: 0; padding-left: 20px; }
@media (max-width: 560px) { main { padding: 24px 14px; } .facts { grid-template-columns: 1fr; } }
@media print { body { background: none; } .card, .panel { break-inside: avoid; } }
"""
