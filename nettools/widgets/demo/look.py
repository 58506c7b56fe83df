"""How the stakeholder page looks: the notebook's own theme colors, made for a wide screen."""

import ipywidgets as ui

_RULES = """
.nt-demo .nt-top {justify-content:flex-start; align-items:center; row-gap:4px}
.nt-demo .nt-pulse {font-variant-numeric:tabular-nums; white-space:nowrap; display:block;
  min-width:11em}
.nt-demo .nt-pulse::before {content:"●"; margin-right:6px; color:var(--jp-ui-font-color3)}
.nt-demo .nt-alive::before {color:var(--jp-success-color1)}
.nt-demo .nt-late {color:var(--jp-error-color1)}
.nt-demo .nt-late::before {color:var(--jp-error-color1)}
.nt-demo .nt-wait {padding:24px; text-align:center; border:1px dashed var(--jp-border-color1);
  border-radius:8px}
.nt-demo .nt-tiles {display:grid; grid-template-columns:repeat(auto-fit,minmax(150px,1fr));
  gap:8px}
.nt-demo .nt-tile {border:1px solid var(--jp-border-color2); border-radius:8px;
  padding:6px 12px; background:var(--jp-layout-color1); display:flex; flex-direction:column}
.nt-demo .nt-tile b {font-size:1.75em; line-height:1.25; font-variant-numeric:tabular-nums}
.nt-demo .nt-tile span {color:var(--jp-ui-font-color2); line-height:1.25}
.nt-demo .nt-saved {display:flex; flex-wrap:wrap; gap:2px 18px; align-items:baseline;
  border:2px solid var(--jp-success-color1); border-radius:8px; padding:4px 12px;
  background:var(--jp-layout-color1); font-variant-numeric:tabular-nums; line-height:1.35}
.nt-demo .nt-saved-fee b {font-size:2em; line-height:1.2}
.nt-demo .nt-saved-all {color:var(--jp-ui-font-color2)}
.nt-demo .nt-both table {max-width:560px}
.nt-demo .nt-both th {font-weight:400}
.nt-demo .nt-notice ul {margin:0; padding-left:1.3em; line-height:1.4}
.nt-demo .nt-owner .jupyter-widgets {max-width:100%}
.nt-demo .nt-spared {border-color:var(--jp-success-color1); border-width:2px}
.nt-demo .nt-spared b {color:var(--nt-good)}
.nt-demo .nt-meter {height:5px; border-radius:3px; background:var(--jp-layout-color3);
  margin-top:4px; overflow:hidden}
.nt-demo .nt-meter i {display:block; height:100%; background:var(--jp-brand-color1);
  transition:width .6s}
.nt-demo .nt-flow {display:flex; flex-wrap:wrap; gap:6px; align-items:stretch}
.nt-demo .nt-step {flex:1 1 300px; border:1px solid var(--jp-border-color2); border-radius:8px;
  padding:8px 12px; background:var(--jp-layout-color1); min-width:0; box-sizing:border-box}
.nt-demo .nt-step h2 {margin:0 0 6px; font-size:1.05em; font-weight:600; line-height:1.3}
.nt-demo .nt-step h2 i {font-style:normal; display:inline-block; width:1.5em; height:1.5em;
  line-height:1.5em; text-align:center; border-radius:50%; background:var(--jp-brand-color1);
  color:var(--jp-ui-inverse-font-color0); font-size:.9em; margin-right:4px}
.nt-demo .nt-step h3 {margin:6px 0 2px; font-weight:600; font-size:.92em;
  color:var(--jp-ui-font-color2)}
.nt-demo .nt-arrow {align-self:center; font-size:1.5em; color:var(--jp-ui-font-color2)}
.nt-demo .nt-step table {width:100%; border-collapse:collapse; margin:0; font-size:inherit;
  table-layout:fixed; color:inherit}
.nt-demo .nt-step tr {background:none}
.nt-demo .nt-step th, .nt-demo .nt-step td {padding:2px 4px; text-align:right; border:0;
  background:none; font-variant-numeric:tabular-nums; vertical-align:top; max-width:none}
.nt-demo .nt-step th:first-child, .nt-demo .nt-step td:first-child {text-align:left; width:50%}
.nt-demo .nt-step th {font-weight:600}
.nt-demo .nt-step small {display:block; font-weight:400; color:var(--jp-ui-font-color2);
  line-height:1.25; font-size:.86em}
.nt-demo .nt-swatch {display:inline-block; width:10px; height:10px; border-radius:2px;
  margin-right:6px}
.nt-demo .nt-bar {position:relative; height:9px; border-radius:2px; margin:3px 0;
  background:linear-gradient(var(--jp-ui-font-color2),var(--jp-ui-font-color2)) center/1px 100%
  no-repeat var(--jp-layout-color2); overflow:hidden}
.nt-demo .nt-bar i {position:absolute; top:0; height:100%; transition:left .5s,width .5s}
.nt-demo .nt-sum {margin-bottom:8px; font-variant-numeric:tabular-nums}
.nt-demo .nt-sum .nt-bar {height:16px}
.nt-demo .nt-held {font-variant-numeric:tabular-nums}
.nt-demo .nt-yes {color:var(--nt-good); font-weight:600}
.nt-demo .nt-no {color:var(--jp-warn-color0); font-weight:600}
.nt-demo .nt-orders {list-style:none; margin:0; padding:0; font-variant-numeric:tabular-nums;
  min-height:5.2em}
.nt-demo .nt-orders li {margin:0; line-height:1.3; white-space:nowrap; overflow:hidden;
  text-overflow:ellipsis}
.nt-demo .nt-orders small, .nt-demo .nt-meeting small {display:inline; margin-right:6px;
  color:var(--jp-ui-font-color2)}
.nt-demo .nt-meeting small {color:inherit}
.nt-demo .nt-meeting {padding:6px 12px; border-radius:8px; background:var(--jp-layout-color2);
  line-height:1.4; font-variant-numeric:tabular-nums}
.nt-demo .nt-panels {display:flex; flex-wrap:wrap; gap:8px}
.nt-demo .nt-panels svg {flex:1 1 380px; min-width:0; height:auto; font-size:11px}
.nt-demo .nt-panels text {fill:var(--jp-ui-font-color2); font-variant-numeric:tabular-nums}
.nt-demo .nt-panels .nt-unit {font-weight:700; fill:var(--jp-ui-font-color1); font-size:13px}
.nt-demo .nt-panels path {fill:none}
.nt-demo .nt-wish {stroke-width:1.6}
.nt-demo .nt-net {stroke:var(--jp-ui-font-color0); stroke-width:2.6}
.nt-demo .nt-position {stroke:var(--jp-ui-font-color1); stroke-opacity:.22; stroke-width:9;
  stroke-linejoin:round}
.nt-demo .nt-price {stroke:var(--jp-ui-font-color3); stroke-width:1.2}
.nt-demo .nt-line {stroke:var(--jp-border-color2); stroke-width:1}
.nt-demo .nt-legend {display:flex; flex-wrap:wrap; gap:2px 16px; margin:0 0 2px;
  color:var(--jp-ui-font-color1)}
.nt-demo .nt-key {display:inline-block; width:18px; height:3px; margin-right:6px;
  vertical-align:middle}
.nt-demo .nt-key-net {background:var(--jp-ui-font-color0); height:4px}
.nt-demo .nt-key-held {background:var(--jp-ui-font-color1); opacity:.25; height:9px}
.nt-demo .nt-key-price {background:var(--jp-ui-font-color3); height:2px}
body[data-voila] .jp-RenderedMarkdown h1 {font-size:1.7em; margin:0}
body[data-voila] .jp-RenderedMarkdown blockquote {margin:2px 0; padding:0; border:0}
body[data-voila] .celltag_notebook-only {display:none}
@media (prefers-reduced-motion: reduce) {.nt-demo i {transition:none !important}}
"""


def demo_sheet() -> ui.HTML:
    """Give the page's style sheet as a widget that takes no room."""
    return ui.HTML(f"<style>{_RULES}</style>").add_class("nt-css")
