// Who is heard where, and how well: the last day of all sensors.

import { MiCard } from "./parts/card.js";
import { h, put, s, sheet } from "./parts/dom.js";
import { nameForm } from "./parts/forms.js";
import { known } from "./parts/store.js";
import { number, t } from "./parts/text.js";

const RETRY = 9000; // ms

export class ReceptionCard extends MiCard {
	static sheets = [sheet(STYLE())];
	static getConfigForm = nameForm;
	static getStubConfig = () => ({});

	constructor() {
		super();
		/** @type {MiReception | null} */
		this.heard = null;
		/** @type {(() => unknown) | null} */
		this.end = null;
		this.asked = 0;
		this.isDeaf = false;
	}

	getGridOptions() {
		return { columns: "full", rows: "auto", min_columns: 6, min_rows: 3 };
	}

	isAll() {
		return true;
	}

	devices() {
		return Object.keys(known() ?? {});
	}

	obstacle() {
		if (!known()) return super.obstacle();
		if (this.isDeaf) return "unavailable";
		if (!this.heard) return "loading";
		return Object.keys(this.heard.sensors).length ? null : "nothing_heard";
	}

	after() {
		if (!this.end && Date.now() - this.asked > RETRY && this.isSeen()) this.listen();
	}

	async listen() {
		const mine = (this.asked = Date.now());
		try {
			const end = await this.hass.connection.subscribeMessage(
				(message) => {
					if (mine !== this.asked) return;
					this.heard = message;
					this.isDeaf = false;
					this.draw(true);
				},
				{ type: "mi_bms/reception/subscribe", language: this.hass.language },
			);
			if (mine !== this.asked) return void end();
			[this.end, this.isDeaf] = [end, false];
			this.draw(true);
		} catch {
			this.isDeaf = true;
			this.draw(true);
		}
	}

	pause() {
		// Building anew is no reason to listen anew.
		if (this.isConnected && this.isSeen()) return;
		const { end } = this;
		[this.end, this.asked] = [null, 0];
		if (end) Promise.resolve(end()).catch(() => undefined);
	}

	/** @param {HTMLElement} body */
	build(body) {
		const { hass } = this;
		const { receivers, sensors, advice } = /** @type {MiReception} */ (this.heard);
		const all = known() ?? {};
		const ids = Object.keys(sensors).filter((id) => all[id]).sort((a, b) => (sensors[a].share ?? 2) - (sensors[b].share ?? 2) || all[a].name.localeCompare(all[b].name));
		/** @param {string} word */
		const title = (word) => h("th", { scope: "col" }, word);
		const top = h("tr", {}, ...["sensor", "hours", "share_heard"].map((key) => title(t(hass, key))), ...receivers.map(({ name }) => title(name)));
		const rows = ids.map((id) => this.row(all[id], sensors[id], receivers));
		body.append(
			h("div", { class: "head" }, h("h2", { class: "name" }, this.config.name || t(hass, "reception"))),
			...(advice ? [h("p", { class: "notice" }, advice)] : []),
			h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t(hass, "reception") }, h("table", {}, h("thead", {}, top), h("tbody", {}, ...rows))),
		);
	}

	/** @param {MiDevice} device @param {MiReception["sensors"][string]} heard @param {MiReception["receivers"]} receivers */
	row(device, heard, receivers) {
		const { hass } = this;
		const most = Math.max(1, heard.expected ?? 0, ...heard.hours);
		const label = t(hass, "hours_label", { name: device.name, low: number(hass, Math.min(...heard.hours)), high: number(hass, Math.max(...heard.hours)) });
		const bars = s("svg", { viewBox: "0 0 96 20", role: "img", "aria-label": label }, s("path", { d: heard.hours.map((count, index) => `M${index * 4} 20v${((-20 * count) / most).toFixed(1)}h3V20z`).join("") }));
		const name = this.link(device.roles.last_seen ?? device.roles.rssi, "", device.name);
		return h("tr", {},
			h("th", { scope: "row" }, name, heard.why ? h("div", { class: "muted small" }, heard.why) : null),
			h("td", {}, bars),
			h("td", { class: "num" }, heard.share === null ? "–" : number(hass, heard.share * 100, 0, "%")),
			...receivers.map(({ id }) => {
				const level = heard.rssi[id];
				const cell = h("td", { class: `num ${id === heard.best ? "best" : ""}` }, level === undefined ? "–" : number(hass, level, 0, "dBm"));
				if (id === heard.best) put(cell, "title", t(hass, "best"));
				return cell;
			}));
	}
}

function STYLE() {
	return `
.scroll { overflow-x: auto; margin: 0 -16px; padding: 0 16px; }
table { border-collapse: collapse; width: 100%; font-size: var(--s); }
th { text-align: start; font-weight: 400; padding: 6px 12px 6px 0; vertical-align: middle; } thead th { color: var(--muted); white-space: nowrap; }
tbody th { font-size: var(--m); min-width: 120px; } td { padding: 6px 12px 6px 0; white-space: nowrap; border-top: 1px solid var(--line); } tbody th { border-top: 1px solid var(--line); }
td svg { width: 96px; height: 20px; display: block; direction: ltr; } td path { fill: var(--primary-color); }
.best { font-weight: var(--medium); } .best::after { content: " ●"; }
`;
}
