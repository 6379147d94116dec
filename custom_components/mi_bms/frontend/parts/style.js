// Theme variables only. The strong colours are areas; what is read has the colours that reach 4.5:1.

export const BASE = `
:host { display: block; height: 100%;
	--ok: var(--ha-color-on-success-normal, var(--primary-text-color));
	--warn: var(--ha-color-on-warning-normal, var(--primary-text-color));
	--bad: var(--ha-color-on-danger-normal, var(--primary-text-color));
	--muted: var(--secondary-text-color); --line: var(--divider-color);
	--s: var(--ha-font-size-s, 12px); --m: var(--ha-font-size-m, 14px); --l: var(--ha-font-size-l, 16px); --xl: var(--ha-font-size-xl, 20px);
	--medium: var(--ha-font-weight-medium, 500); --round: var(--ha-border-radius-md, 8px); }
ha-card { height: 100%; box-sizing: border-box; overflow: hidden; container-type: inline-size; display: block; }
:host([fixed]) ha-card { container-type: size; }
[hidden] { display: none !important; }
.body { display: flex; flex-direction: column; gap: 12px; padding: 16px; box-sizing: border-box; color: var(--primary-text-color);
	font-size: var(--m); line-height: 1.35; min-width: 0; }
.quiet { color: var(--muted); justify-content: center; min-height: 72px; height: 100%; }
p { margin: 0; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; margin: 0; text-align: start; cursor: pointer;
	-webkit-tap-highlight-color: transparent; border-radius: 4px; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; }
.link:hover { text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 3px; }
.muted { color: var(--muted); }
.small { font-size: var(--s); }
.num { font-variant-numeric: tabular-nums; }
ha-icon { --mdc-icon-size: 18px; flex: none; width: 18px; height: 18px; display: inline-block; }
.head { display: flex; align-items: center; gap: 8px; min-width: 0; }
.name { font-size: var(--l); font-weight: var(--medium); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1 1 auto; margin: 0; min-width: 0; }
.age { display: inline-flex; align-items: center; gap: 4px; color: var(--muted); font-size: var(--s); white-space: nowrap; flex: none; }
.age ha-icon { --mdc-icon-size: 16px; width: 16px; height: 16px; }
.notice, .alarm { display: flex; align-items: center; gap: 4px 12px; flex-wrap: wrap; border-radius: var(--round); padding: 8px 12px;
	background: var(--secondary-background-color); font-size: var(--m); }
.notice p { flex: 1 1 12em; min-width: 0; }
.alarm { color: var(--bad); font-weight: var(--medium); width: 100%; box-sizing: border-box; flex-wrap: nowrap; gap: 8px;
	background: none; border: 1px solid currentColor; }
.act { color: var(--primary-text-color); font-weight: var(--medium); border: 1px solid var(--outline-color, var(--muted)); border-radius: var(--ha-border-radius-pill, 99px);
	padding: 6px 14px; white-space: nowrap; }
.act:hover { background: var(--line); }
.act[disabled] { color: var(--muted); cursor: default; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; }
.chip { display: inline-flex; align-items: center; gap: 6px; padding: 5px 12px 5px 10px; border-radius: var(--ha-border-radius-pill, 99px);
	border: 1px solid var(--line); font-size: var(--s); max-width: 100%; box-sizing: border-box; }
.chip:hover { background: var(--secondary-background-color); text-decoration: none; }
.chip ha-icon { --mdc-icon-size: 16px; width: 16px; height: 16px; color: var(--muted); }
.chip span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip .lab { color: var(--muted); }
.old .num, .old .big { color: var(--muted); }
@media (prefers-reduced-motion: no-preference) { .ring .val, .fill, .meter i { transition: stroke-dasharray .6s, transform .4s; } }
@container (max-width: 300px) { .body { padding: 12px; gap: 8px; } .age .words { overflow: hidden; text-overflow: ellipsis; } .chart .hours span:nth-child(even) { display: none; } }
`;

export const CHART = `
.chart { position: relative; min-width: 0; }
.chart svg { display: block; width: 100%; height: var(--h, 72px); overflow: visible; direction: ltr; }
.chart path { vector-effect: non-scaling-stroke; fill: none; stroke-linejoin: round; stroke-linecap: round; }
.chart .area { stroke: none; opacity: .16; }
.chart .rule { stroke: var(--line); stroke-width: 1; }
.chart .cursor { stroke: var(--muted); stroke-width: 1; }
.chart .hours { direction: ltr; white-space: nowrap; display: flex; justify-content: space-between; color: var(--muted); font-size: var(--s); padding-top: 4px; }
.chart-head { display: flex; justify-content: space-between; gap: 12px; font-size: var(--s); color: var(--muted); padding-bottom: 6px; min-height: 1.35em; }
.chart-head b { font-weight: var(--medium); color: var(--primary-text-color); }
`;
