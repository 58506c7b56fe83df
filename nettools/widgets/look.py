"""How the screen looks: one style sheet in the notebook's own theme colors.

Every view carries it, so a part alone looks as it does on the desk. Labels that would repeat
the head of a table are hidden from the eye only: a screen reader still reads them. The bar
with Halt stays in sight while the desk is scrolled, so its ancestors may not clip it.
"""

import ipywidgets as ui

_RULES = """
.nettools {--nt-good:var(--jp-success-color0);
  width:100%; gap:8px; color:var(--jp-ui-font-color1); box-sizing:border-box;
  font-family:var(--jp-ui-font-family); font-size:var(--jp-ui-font-size1,13px)}
[data-jp-theme-light="false"] .nettools {--nt-good:var(--jp-success-color1)}
.nettools .nt-card {border:1px solid var(--jp-border-color2); border-radius:6px;
  padding:8px 12px; background:var(--jp-layout-color1); box-sizing:border-box; min-width:0}
.nettools .widget-html, .nettools .widget-html-content {height:auto; min-width:0}
.nettools .widget-html-content {line-height:1.45; font-size:inherit; color:inherit}
.nettools .nt-css, .nettools .widget-html:has(> .widget-html-content:empty) {display:none}
.nettools .nt-bar {position:sticky; top:0; z-index:5; gap:0; border:1px solid
  var(--jp-border-color1); border-radius:6px; background:var(--jp-layout-color1);
  overflow:visible}
.nettools .nt-bar .nt-card {border:none; background:none; padding:4px 12px}
.jp-Cell-outputWrapper:has(.nt-bar), .jp-OutputArea:has(.nt-bar),
.jp-OutputArea-child:has(.nt-bar), .jp-OutputArea-output:has(.nt-bar),
.nettools:has(.nt-bar) {overflow-x:clip; overflow-y:visible; min-width:0}
.nettools .nt-bar .nt-incidents {max-height:7.2em; overflow-y:auto}
.nettools .nt-title {font-weight:600; font-size:1.1em}
.nettools .nt-note {color:var(--jp-ui-font-color2); font-size:.92em}
.nettools .nt-headline {font-weight:600; margin:4px 0}
.nettools .nt-scroll {overflow-x:auto}
.nettools .nt-scroll table {margin:4px 0; font-size:.95em}
.nettools .nt-scroll th {white-space:normal; vertical-align:bottom; font-weight:600;
  color:var(--jp-ui-font-color2)}
.nettools .nt-scroll td {white-space:nowrap}
.nettools .nt-scroll :is(th,td) {padding:2px 5px !important}
.nettools .nt-plan .nt-scroll td:first-child {white-space:normal}
.nettools .nt-why {margin:2px 0; white-space:pre-wrap}
.nettools .nt-why summary, .nettools .nt-alert summary {cursor:pointer}
.nettools .nt-alert {border-left:4px solid var(--jp-error-color1); padding:6px 10px;
  margin:4px 0; color:var(--jp-ui-font-color1); background:var(--jp-layout-color2);
  overflow-wrap:anywhere}
.nettools .nt-alert pre {white-space:pre-wrap; font-size:.85em; max-height:16em; overflow:auto}
.nettools .nt-field-error {color:var(--jp-error-color1); font-size:.88em; line-height:1.3;
  display:block; overflow-wrap:anywhere}
.nettools .nt-field-bad input {border-color:var(--jp-error-color1) !important; border-width:2px}
.nettools .nt-badge {display:inline-block; border-radius:4px; padding:2px 8px; font-weight:700;
  letter-spacing:.04em; color:var(--jp-ui-inverse-font-color0); white-space:nowrap}
.nettools .nt-badge-here {background:var(--jp-success-color0)}
.nettools .nt-badge-remote {background:var(--jp-warn-color0)}
.nettools .nt-facts {display:flex; flex-wrap:wrap; gap:4px 16px; align-items:baseline;
  font-variant-numeric:tabular-nums}
.nettools .nt-facts b {font-weight:600}
.nettools .nt-old {color:var(--jp-ui-font-color3)}
.nettools .nt-old .nt-badge {opacity:1}
.nettools .nt-row {flex-wrap:wrap; gap:6px 8px; align-items:center; width:100%;
  overflow:visible}
.nettools .nt-row > * {flex:0 1 auto; margin:0}
.nettools .nt-grow {flex:1 1 260px !important; min-width:0}
.nettools .nt-row .nt-row {width:auto}
.nettools .nt-columns {flex-wrap:wrap; gap:8px; align-items:stretch; overflow:visible}
.nettools .nt-half {flex:1 1 440px; overflow:hidden}
.nettools .nt-half > .nt-card {flex:1 1 auto}
.nettools .nt-grid {overflow:visible; margin:0; min-width:0; width:100%}
.nettools .nt-sheet-bar {display:flex; flex-wrap:wrap; gap:4px 8px; align-items:center;
  padding:2px 0 6px}
.nettools .nt-sheet-bar[hidden] {display:none}
.nettools .nt-sheet {overflow:auto; max-height:300px; max-width:100%}
.nettools .nt-sheet table {border-collapse:separate; border-spacing:0; font-size:.95em;
  margin:0}
.nettools .nt-sheet th, .nettools .nt-sheet td {padding:2px 4px; text-align:left;
  vertical-align:top; background:var(--jp-layout-color1); white-space:nowrap}
.nettools .nt-sheet tr [hidden], .nettools .nt-sheet tr[hidden] {display:none}
.nettools .nt-sheet thead th {position:sticky; top:0; z-index:2; font-size:.95em;
  color:var(--jp-ui-font-color2)}
.nettools .nt-sheet tbody th {position:sticky; left:0; z-index:1; line-height:26px}
.nettools .nt-sheet thead th:first-child {left:0; z-index:3}
.nettools .nt-sheet input, .nettools .nt-filter, .nettools .nt-sheet select {height:26px;
  box-sizing:border-box; border:1px solid var(--jp-border-color1); border-radius:3px;
  background:var(--jp-layout-color1); color:var(--jp-ui-font-color0); padding:0 6px;
  font:inherit}
.nettools .nt-sheet input::placeholder {color:var(--jp-ui-font-color2); opacity:1}
.nettools .nt-sheet .nt-note {display:block}
.nettools .nt-sheet td[aria-selected="true"] {background:var(--jp-layout-color3)}
.nettools .nt-sheet td[aria-selected="true"] input {border-style:dashed;
  border-color:var(--jp-brand-color1)}
.nettools .nt-sheet .jupyter-button {height:26px; line-height:24px; margin:0; width:auto}
.nettools .nt-filter {width:220px}
.nettools input.nt-cell {width:112px; text-align:right; font-variant-numeric:tabular-nums;
  scroll-margin:32px 8px 8px 100px}
.nettools .nt-quiet-label > .widget-label {position:absolute; width:1px; height:1px; padding:0;
  overflow:hidden; clip-path:inset(50%); white-space:nowrap}
.nettools .nt-cell input {text-align:right; font-variant-numeric:tabular-nums}
.nettools input, .nettools select, .nettools button, .nettools summary, .nettools .nt-scroll
  {scroll-margin:220px 0 40px}
.nettools .nt-bar input, .nettools .nt-bar button, .nettools .nt-bar summary {scroll-margin:0}
.nettools .jupyter-button {border-radius:4px; padding:0 12px; height:30px; line-height:30px;
  font-weight:600; border:1px solid var(--jp-border-color1); overflow:visible;
  background:var(--jp-layout-color2); color:var(--jp-ui-font-color1)}
.nettools .jupyter-button:disabled {opacity:.55; font-weight:400}
.nettools .jupyter-button:focus-visible, .nettools input:focus-visible,
.nettools select:focus-visible, .nettools summary:focus-visible,
.nettools .nt-scroll:focus-visible
  {outline:2px solid var(--jp-brand-color1); outline-offset:1px}
.nettools .nt-halt {background:var(--jp-error-color0); color:white;
  border-color:var(--jp-error-color0)}
.nettools .nt-main:not(:disabled) {background:var(--jp-brand-color0); color:white;
  border-color:var(--jp-brand-color0)}
.nettools .nt-proof {border-left:4px solid; padding:2px 10px; overflow-wrap:anywhere}
.nettools .nt-proof b {font-weight:700}
.nettools .nt-proof-good {border-color:var(--jp-success-color1)}
.nettools .nt-proof-good b {color:var(--nt-good)}
.nettools .nt-proof-bad {border-color:var(--jp-error-color1);
  background:var(--jp-layout-color2)}
.nettools .nt-proof-bad b {color:var(--jp-error-color1)}
.nettools .nt-tabs {isolation:isolate}
.nettools .nt-parameter input {flex:0 0 76px; width:76px}
.nettools .nt-tabs .widget-tab-contents,
.nettools .nt-tabs > .jupyter-widget-TabPanel-tabContents {
  padding:6px 0 0; border:none; overflow:visible}
.nettools .nt-card .nt-card {border:none; padding:2px 0}
.nettools .nt-accounts th, .nettools .nt-accounts td, .nettools .nt-postings th,
.nettools .nt-postings td {padding:2px 5px !important}
.nettools .nt-execution th, .nettools .nt-execution td {padding:2px 5px !important}
.nettools .nt-breaks td:last-child {white-space:normal}
.nettools .nt-ask .nt-note {color:inherit; font-size:inherit}
.nettools .nt-ask {border-left:4px solid var(--jp-warn-color1); padding:4px 10px; margin:4px 0;
  background:var(--jp-layout-color2)}
.nettools .nt-picture {overflow:hidden}
.nettools .main-svg :is(.xtick, .ytick, .x2tick, .y2tick) text, .nettools .main-svg
  :is(.gtitle, .xtitle, .ytitle, .x2title, .y2title, .legendtext)
  {fill:var(--jp-ui-font-color1) !important}
.nettools .nt-slide {display:flex; flex-wrap:wrap; gap:4px 10px; align-items:center}
.nettools .nt-slide input {flex:1 1 220px; min-width:0; accent-color:var(--jp-brand-color1)}
.nettools .nt-slide output {font-variant-numeric:tabular-nums; min-width:6ch}
.nettools progress {vertical-align:middle; accent-color:var(--jp-brand-color1)}
.nettools .nt-heard {position:absolute; width:1px; height:1px; overflow:hidden;
  clip-path:inset(50%)}
@media (max-height:500px) {
  .nettools input, .nettools select, .nettools button, .nettools summary, .nettools .nt-scroll
  {scroll-margin:60px 0 20px}
  .nettools .nt-bar {display:contents}
  .nettools .nt-bar > :first-child {position:sticky; top:0; z-index:5;
    background:var(--jp-layout-color1)}}
@media (prefers-reduced-motion: reduce) {.nettools * {transition:none !important;
  animation:none !important; scroll-behavior:auto !important}}
"""


def sheet() -> ui.HTML:
    """Give the style sheet as a widget that takes no room."""
    return ui.HTML(f"<style>{_RULES}</style>").add_class("nt-css")
