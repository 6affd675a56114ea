"""The look of the report page: one type scale, one spacing scale, light and dark."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root { --paper: #ffffff; --ink: #1c2126; --muted: #59636e; --rule: #d9dde1; --panel: #f5f6f8; --accent: #0b6fb0; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #181b1f; --ink: #e9ecef; --muted: #a3abb3; --rule: #3a4047; --panel: #23272c;
    --accent: #6cb8f0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 1rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--rule); }
.headline { font-size: 1.25rem; margin: 0; }
.headline strong { font-size: 2.5rem; line-height: 1.2; color: var(--accent); font-variant-numeric: tabular-nums;
  margin-right: .25rem; }
.remarks { list-style: none; margin: .5rem 0 0; padding: 0; color: var(--muted); }
.remarks li { display: inline; }
.remarks li + li::before { content: " · "; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem 1rem .25rem 0;
  border-bottom: 1px solid var(--rule); overflow-wrap: break-word; }
tbody th { font-weight: 600; }
thead th { font-weight: 400; color: var(--muted); }
.facts td { overflow-wrap: anywhere; }
.facts th { width: 9rem; font-weight: 400; color: var(--muted); }
.numbers th:not(:first-child), .numbers td { text-align: right; padding: .25rem 0 .25rem 1rem; }
.numbers thead th:last-child, .numbers td:last-child { text-align: left; padding-left: 2.5rem; }
.words { min-width: 34rem; }
.numbers { min-width: 30rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 2rem; }
figure { margin: 0; }
figure.wide { grid-column: 1 / -1; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--muted); font-size: .875rem; margin-top: .5rem; }
pre { background: var(--panel); border-radius: .25rem; padding: 1rem; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
"""
