// How cards look. Theme variables only: the strong colours are areas; what is read has the colours that reach 4.5:1.

export const STYLE = `
:host {display: block; height: 100%;
	--text: var(--primary-text-color); --muted: var(--secondary-text-color); --line: var(--divider-color); --soft: var(--secondary-background-color);
	--s: var(--ha-font-size-s); --m: var(--ha-font-size-m);
	--pill: var(--ha-border-radius-pill);
	--bar: var(--primary-color); --flow: var(--energy-battery-out-color)}
ha-card {height: 100%; box-sizing: border-box; overflow: hidden; container-type: inline-size}
:host([fixed]) ha-card {container-type: size}
div, button, h2, span {box-sizing: border-box; min-width: 0}
.body, .inside, .facts, .cols, .cells-box, .ends, .said, .rows, .list, .list ul {display: flex; flex-direction: column}
.name, h3, b, .alarm, .act, .big, .digits, .best, .low .no, .high .no {font-weight: var(--ha-font-weight-medium)}
[hidden] {display: none !important}
.age:has(.words[hidden]), .alarm:has(span[hidden]) {display: none}
.body {gap: 12px; padding: 16px; color: var(--text); font-size: var(--m); line-height: 1.35; overflow-wrap: anywhere}
.muted {color: var(--muted)}
.small {font-size: var(--s)}
.num {font-variant-numeric: tabular-nums}
.num, .num > *, [dir] {unicode-bidi: plaintext; text-align: match-parent; text-align: -webkit-match-parent}
.quiet {justify-content: center; min-height: 72px; height: 100%}
p, h3, ul {margin: 0; padding: 0; font-size: inherit}
button {font: inherit; color: inherit; background: none; border: 0; padding: 0; margin: 0; text-align: start; cursor: pointer; border-radius: 4px}
:focus-visible {outline: 2px solid var(--primary-color); outline-offset: 2px}
button:not(:has(*)):hover, .row:hover .who {text-decoration: underline}
ha-icon {--mdc-icon-size: 18px; flex: none; width: var(--mdc-icon-size); height: var(--mdc-icon-size); display: inline-block}
.age ha-icon, .chip ha-icon {--mdc-icon-size: 16px; color: var(--muted)}
.head, .age, .chip, .headline, .hero, .main, .flow {display: flex; align-items: center; gap: 8px}
.name, .chip span, .who, .words {overflow: hidden; text-overflow: ellipsis; white-space: nowrap}
.name {font-size: var(--ha-font-size-l); flex: 1 1 auto; margin: 0}
.age, .flow {white-space: nowrap} .age {gap: 4px; flex: none}
.notice, .alarm {align-items: center; border-radius: var(--ha-border-radius-md); padding: 8px 12px; background: var(--soft)}
.notice p {flex: 1 1 12em}
.alarm {width: 100%; flex-wrap: nowrap; background: none; border: 1px solid currentColor}
.act {flex: none; color: var(--text); border: 1px solid var(--outline-color); border-radius: var(--pill); padding: 6px 14px; max-width: 100%}
.act:hover {background: var(--line)}
.act[disabled], [aria-busy] {color: var(--muted); cursor: default; pointer-events: none}
.chips, .legend, .power, .pair, .notice, .alarm, .list .head {display: flex; flex-wrap: wrap; gap: 8px} .chips:empty {display: none}
.chip {gap: 6px; padding: 5px 12px; border-radius: var(--pill); border: 1px solid var(--line); max-width: 100%}
.chip .muted + * {flex: none; max-width: 75%}
.chip:hover {background: var(--soft)}
.big {font-size: 24px; line-height: 1.2}
.ok {color: var(--ha-color-on-success-normal)}
.warn, .gauge .word {color: var(--ha-color-on-warning-normal)}
.bad {color: var(--ha-color-on-danger-normal)}
.in {color: var(--energy-battery-in-color)} .out {color: var(--energy-battery-out-color)}

.chart svg {display: block; width: 100%; height: var(--h, 72px); overflow: visible; direction: ltr}
.chart path {vector-effect: non-scaling-stroke; fill: none; stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round}
.chart .area {stroke: none; opacity: .16}
.chart .rule {stroke: var(--line); stroke-width: 1} .chart .cursor {stroke: var(--muted); stroke-width: 1}
.hours {direction: ltr; white-space: nowrap; padding-top: 4px}
.chart-head {padding-bottom: 6px; min-height: 1.35em}
.chart b {color: var(--text)}
.meter {grid-column: 1 / -1; position: relative; height: 8px; border-radius: 4px; background: var(--line); overflow: hidden}
.meter i {display: block; height: 100%; border-radius: 4px; background: var(--tone, var(--bar)); transform-origin: 0 0}
:dir(rtl) .meter i {transform-origin: 100% 0}
.meter u {position: absolute; inset-block: 0; width: 2px; background: var(--text)}
[data-tone] {--tone: var(--state-sensor-battery-high-color)}
[data-tone="half"] {--tone: var(--state-sensor-battery-medium-color)}
[data-tone="low"] {--tone: var(--state-sensor-battery-low-color)}

.main, .hero {gap: 16px}
.inside, .cells, .fill {position: absolute; inset: 0}
.ring {position: relative; width: 116px; height: 116px; flex: none; border-radius: 50%}
.ring svg {width: 100%; height: 100%; transform: rotate(-90deg); display: block}
.ring circle {fill: none; stroke-width: 9; stroke: var(--line)}
.ring .val {stroke: var(--tone); stroke-linecap: round}
.inside {align-items: center; justify-content: center}
.digits {font-size: 30px; line-height: 1}
.digits small {font-size: .5em; font-weight: 400; color: var(--muted)}
.arrow {height: 18px} .arrow:has([hidden]) {display: none}
.facts {gap: 3px; align-items: flex-start} .facts > * {max-width: 100%}
.power, .pair {align-items: baseline; gap: 0 12px}
.old {--bar: var(--muted); --flow: var(--muted)}
.old [data-tone] {--tone: var(--muted)}
.old .num, .old .big, .old .in, .old .out {color: var(--muted)}

.cols {gap: 16px}
.cells-box {gap: 8px}
.headline {gap: 6px} .headline .big {font-size: var(--ha-font-size-xl)}
.apart, .pack-name, .pairing, .chart-head, .hours, .list .head {display: flex; align-items: center; justify-content: space-between; gap: 12px}
.scale {display: inline-flex; border: 1px solid var(--line); border-radius: var(--pill); overflow: hidden; flex: none}
.scale span {padding: 3px 10px}
.scale [data-on] {background: var(--soft); color: var(--text)}
.pack + .pack {margin-top: 14px}
.pack-name {margin-bottom: 4px} .pack-name span {font-weight: 400; flex: none}
.bars {display: grid; grid-template-columns: auto 1fr; column-gap: 8px}
.bars:has(> [hidden]) {grid-template-columns: 1fr}
.ends {justify-content: space-between; font-size: 11px; padding: 14px 0 17px; line-height: 1}
.plot {position: relative; height: var(--plot, 112px)}
.cells {display: grid; grid-template-columns: repeat(var(--n), minmax(0, 1fr)); column-gap: clamp(1px, calc(120px / var(--n) / 4), 6px)}
.cell {display: grid; grid-template-rows: 14px 1fr 17px; text-align: center; border-radius: 4px}
.mark {font-size: 9px; line-height: 14px}
.well {grid-row: 2; position: relative; overflow: hidden; border-radius: 4px; background: color-mix(in srgb, var(--bar) 10%, transparent); min-height: 0}
.fill {background: var(--bar); opacity: .6}
.cell:hover .fill, .low .fill, .high .fill {opacity: 1}
.balancing .fill, .swatch::before {background-image: repeating-linear-gradient(45deg, transparent 0 3px, color-mix(in srgb, var(--card-background-color) 75%, transparent) 3px 5px)}
.no {grid-row: 3; font-size: 11px; line-height: 17px; color: var(--muted); overflow: hidden}
.low .no, .high .no {color: var(--text)}
.strip .no {display: none} .strip .mark {margin: 0 -6px}
.strip .cell {grid-template-rows: 14px 1fr 0} .strip .well {border-radius: 1px} .strip {--plot: 80px}
.over {position: absolute; inset: 14px 0 17px; pointer-events: none} .strip .over {inset-block-end: 0}
.bars:has(.strip) .ends {padding-bottom: 0}
.limit {position: absolute; inset-inline: 0; border-top: 1px dashed var(--muted); font-style: normal}
.limit span {position: absolute; inset-inline-end: 0; top: 1px; font-size: 11px; line-height: 13px; color: var(--text); background: var(--card-background-color); padding: 0 3px}
.limit.high span {top: auto; bottom: 2px}
.legend {grid-column: 1 / -1; gap: 2px 16px; padding-top: 4px}
.swatch::before {content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-inline: 3px; background-color: var(--bar)}

.sign {--mdc-icon-size: 26px; padding: 11px; border-radius: 50%; color: var(--muted); background: var(--soft)}
.on .sign {color: var(--text); background: color-mix(in srgb, var(--state-active-color) 40%, transparent)}
.pairing {flex-wrap: wrap} .pairing > .big {color: var(--muted)}
.plant {display: grid; gap: 12px 24px}
.gauge {display: grid; grid-template-columns: 1fr auto auto; gap: 4px 8px; width: 100%; align-items: baseline}
.gauge b {grid-column: 3; font-size: var(--m)} .gauge .word {grid-column: 2}

.rows, .list ul {gap: 12px; list-style: none}
.row {display: grid; grid-template-columns: 1fr auto; gap: 3px 12px; width: 100%}
.lab {grid-column: 1 / -1}
.list {gap: 8px}
/* The shadows at its ends lie behind covers that move along: more is there where one is seen. */
.scroll {overflow-x: auto; margin: 0 -16px; padding: 0 16px; --cover: var(--card-background-color) 16px, transparent 40px; --shade: color-mix(in srgb, var(--text) 30%, transparent), transparent 12px;
	background: linear-gradient(90deg, var(--cover)) local, linear-gradient(-90deg, var(--cover)) local, linear-gradient(90deg, var(--shade)), linear-gradient(-90deg, var(--shade))}
table {border-collapse: collapse; width: 100%; font-size: var(--s)}
th, td {text-align: start; font-weight: 400; padding: 6px 12px 6px 0; white-space: nowrap}
tbody > tr > * {border-top: 1px solid var(--line)} thead th {color: var(--muted); white-space: normal; vertical-align: bottom; min-width: 6em}
tbody th {font-size: var(--m); min-width: 120px; white-space: normal}
td svg {width: 96px; height: 20px; display: block; direction: ltr} td path {fill: var(--primary-color)}
.best::after {content: " ●"}

@media (prefers-reduced-motion: no-preference) {.val, .fill, .meter i {transition: stroke-dasharray .6s, transform .4s}}
@container (min-width: 420px) {.plant {grid-template-columns: 1fr 1fr}}
@container (min-width: 640px) {.cols {display: grid; grid-template: "main cells" auto "chips cells" 1fr "past past" auto / minmax(270px, 5fr) 7fr; column-gap: 32px; align-items: start}
	.cols > .main {grid-area: main} .cols > .chips {grid-area: chips} .cells-box {grid-area: cells; --plot: 136px} .cols > .chart {grid-area: past}}
@container (min-width: 700px) {.rows {display: grid; grid-template-columns: 1fr 1fr; column-gap: 32px}}
@container (min-width: 1000px) {.cells-box:has(.pack + .pack + .pack) {display: grid; grid-template-columns: 1fr 1fr; column-gap: 24px} .apart, .week {grid-column: 1 / -1} .pack + .pack {margin-top: 0}}
@container (max-width: 460px) {.many .no {visibility: hidden} .ends {display: none} .bars {grid-template-columns: 1fr}}
@container (max-width: 300px) {.body {padding: 12px; gap: 8px} .age {max-width: 60%; white-space: normal} .hours span:nth-child(even), .cols .chips, .cols .chart, .arrow, .pair, .left, .no, .scale, .swatch {display: none}
	.main {gap: 12px} .ring {width: 80px; height: 80px} .digits {font-size: 21px} .big {font-size: 20px} .facts {font-size: var(--s)} .cols {gap: 10px}
	.plot {--plot: 64px} .cell {grid-template-rows: 12px 1fr 0} .over {inset: 12px 0 0} .sign {padding: 7px}}
@container (max-width: 200px) {.chart {display: none}}
@container (max-height: 400px) {.cols > .chart {display: none}}
@container (max-height: 230px) {.pack, .week, .scale, .chips, .chart {display: none}}

div.frame {container-type: inline-size}
div.frame .body {padding: 0; height: var(--feature-height, 42px); --bar: var(--feature-color, var(--primary-color))}
div.frame .cells {position: static; height: 100%} div.frame .cell {display: block}
div.frame .mi-bms-flow-feature {flex-direction: row; align-items: center; justify-content: space-between; padding: 0 12px; border-radius: var(--feature-border-radius, 12px); background: var(--soft)}
@container (max-width: 300px) {div.frame .muted {display: none}}
`;
