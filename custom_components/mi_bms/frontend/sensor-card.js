// One sensor, with a face for what it measures.

import { MiCard } from "./parts/card.js";
import { chart } from "./parts/chart.js";
import { h, icon, sheet } from "./parts/dom.js";
import { deviceForm } from "./parts/forms.js";
import { head, notice } from "./parts/head.js";
import { SLOTS, isTelling, statistics } from "./parts/history.js";
import { chip } from "./parts/ring.js";
import { stubOf } from "./parts/store.js";
import { CHART } from "./parts/style.js";
import { ago, clock, duration, rangeOf, t } from "./parts/text.js";
import { nameOf, stateOf, valueOf, wordsOf } from "./parts/values.js";

// What stands in front, the first that there is; what is drawn beside it.
/** @type {Record<string, [string[], string]>} */
const FACES = {
	climate: [["temperature", "humidity"], "thermometer"],
	contact: [["opening", "door", "window", "garage_door"], "door"],
	leak: [["moisture_detected", "bottom_submersion", "top_splash", "water"], "water"],
	motion: [["motion", "occupancy", "presence"], "motion-sensor"],
	plant: [["moisture"], "flower"],
	remote: [[], "gesture-tap-button"],
	scale: [["weight"], "scale-bathroom"],
	lock: [["lock", "door", "antilock"], "lock"],
	air: [["pm25", "co2", "tvoc", "formaldehyde"], "air-filter"],
	smoke: [["smoke", "gas"], "smoke-detector"],
	other: [[], "bluetooth"],
};
const QUIET = new Set(["last_seen", "rssi", "lost_packets", "key_state", "key_id", "receiver", "raw", "problem", "firmware", "counter"]);
/** What a plant's bars go up to, where it has no limits. @type {Record<string, number>} */
const PLANT = { moisture: 100, conductivity: 2000, illuminance: 20000, temperature: 45 };

export class SensorCard extends MiCard {
	static kinds = ["sensor"];
	static sheets = [sheet(CHART + STYLE())];
	static getConfigForm = deviceForm;
	static getStubConfig = () => stubOf("sensor");

	getGridOptions() {
		return { columns: 6, rows: "auto", min_columns: 4, min_rows: 2 };
	}

	/** @param {HTMLElement} body */
	build(body) {
		const device = /** @type {MiDevice} */ (this.device);
		const { roles, face } = device;
		const [wanted, symbol] = FACES[face] ?? FACES.other;
		this.watched = Object.values(roles);
		const events = Object.keys(roles).filter((role) => role.startsWith("event_"));
		const shown = Object.keys(roles).filter((role) => !QUIET.has(role) && !role.startsWith("event_") && /^(binary_)?sensor\./.test(roles[role]));
		const first = wanted.find((role) => roles[role]) ?? (events.length ? undefined : shown[0]);
		const parts = [];
		let spoken = [first];
		if (face === "plant") {
			const bars = Object.keys(PLANT).filter((role) => roles[role]);
			spoken = bars;
			parts.push(h("div", { class: "plant" }, ...bars.map((role) => this.bar(device, role))), this.watering(roles.moisture));
		} else if (first) parts.push(this.hero(roles[first], symbol, face === "climate" ? roles.humidity : undefined));
		if (face === "climate") spoken.push("humidity");
		if (events.length && !first) parts.push(this.press(events.map((role) => roles[role]), symbol));
		if (first && this.config.history !== false) parts.push(this.day(roles[first]));
		const chips = shown.filter((role) => !spoken.includes(role)).slice(0, 6);
		body.append(head(this), notice(this), ...parts.filter((part) => part !== null),
			...(chips.length ? [h("div", { class: "chips" }, ...chips.map((role) => chip(this, roles[role], role.startsWith("battery") ? "battery" : "circle-small")))] : []));
	}

	/** Return what stands in front. @param {string} id @param {string} symbol @param {string} [second] */
	hero(id, symbol, second) {
		const isState = id.startsWith("binary_");
		const big = this.text("span", "big num", () => wordsOf(this.hass, id));
		const more = this.text("span", "muted", () => {
			if (isState) {
				const since = stateOf(this.hass, id)?.last_changed;
				return since ? t(this.hass, "since", { time: duration(this.hass, (Date.now() - Date.parse(since)) / 1000) }) : "";
			}
			return second ? this.comfort(id, second) : nameOf(this.hass, id);
		});
		const link = this.link(id, "hero", icon(symbol, "sign"), h("span", { class: "said" }, big, more));
		this.bind(
			() => isState && stateOf(this.hass, id)?.state === "on",
			(on) => link.classList.toggle("on", on),
		);
		return second ? h("div", { class: "pairing" }, link, this.line(second, "big num", () => wordsOf(this.hass, second))) : link;
	}

	/** Return how a climate feels. @param {string} warm @param {string} damp */
	comfort(warm, damp) {
		let temperature = valueOf(this.hass, warm);
		const humidity = valueOf(this.hass, damp);
		if (temperature === null || humidity === null) return "";
		if (stateOf(this.hass, warm)?.attributes.unit_of_measurement === "°F") temperature = (temperature - 32) / 1.8;
		if (temperature < 18) return t(this.hass, "feels_cold");
		if (temperature > 26) return t(this.hass, "feels_warm");
		return t(this.hass, humidity < 35 ? "feels_dry" : humidity > 65 ? "feels_damp" : "feels_good");
	}

	/** Return a bar against its limits. @param {MiDevice} device @param {string} role */
	bar(device, role) {
		const { hass } = this;
		const id = device.roles[role];
		const low = device.limits_of?.[role]?.low ?? null;
		const top = PLANT[role];
		const fill = h("i");
		const mark = low !== null && h("u", { style: `inset-inline-start:${(low / top) * 100}%` });
		const word = this.text("span", "word", () => {
			const value = valueOf(hass, id);
			if (value === null) return "";
			return low !== null && value < low ? t(this.hass, "too_low") : "";
		});
		this.bind(
			() => valueOf(this.hass, id),
			(value) => (fill.style.transform = `scaleX(${Math.min(1, Math.max(0, (value ?? 0) / top))})`),
		);
		return this.link(id, "gauge", h("span", {}, nameOf(hass, id)), word, this.text("b", "num", () => wordsOf(this.hass, id)), h("span", { class: "meter" }, fill, mark));
	}

	/** Return when a plant was watered last. @param {string | undefined} id */
	watering(id) {
		const said = h("p", { class: "muted small" });
		if (!id) return null;
		statistics(this.hass, id, 14, {}).then((rows) => {
			const at = rows.findLastIndex((row, index) => index > 0 && row.max - rows[index - 1].mean >= 8);
			if (at > 0) said.textContent = t(this.hass, "watered", { time: ago(this.hass, (Date.now() - rows[at].start) / 1000) });
		});
		return said;
	}

	/** Return the last press, in words. @param {string[]} ids @param {string} symbol */
	press(ids, symbol) {
		const last = () => ids.map((id) => stateOf(this.hass, id)).filter((state) => state !== null).sort((a, b) => Date.parse(b.state) - Date.parse(a.state))[0];
		/** @param {HassState} state */
		const word = (state) => this.hass.formatEntityAttributeValue?.(state, "event_type") || state.attributes.event_type || "";
		const link = h("button", { class: "link hero", type: "button", click: () => this.moreInfo(last()?.entity_id ?? ids[0]) }, icon(symbol, "sign"),
			h("span", { class: "said" },
				this.text("span", "big", () => (last() ? word(last()) : t(this.hass, "no_press"))),
				this.text("span", "muted", () => {
					const state = last();
					return state ? `${nameOf(this.hass, state.entity_id)} · ${ago(this.hass, (Date.now() - Date.parse(state.state)) / 1000)}` : "";
				})));
		return link;
	}

	/** Return the last day of a value, or of a state. @param {string} id */
	day(id) {
		if (!this.hass.config.components.includes("history")) return null;
		const isState = id.startsWith("binary_");
		/** @type {(number | null)[]} */
		let points = [];
		/** @param {number} value */
		const say = (value) => {
			const state = stateOf(this.hass, id);
			return state ? this.hass.formatEntityState(state, isState ? (value > 0 ? "on" : "off") : String(Number(value.toPrecision(3)))) : "";
		};
		const made = chart({
			height: isState ? 18 : 56,
			title: t(this.hass, "day_title"),
			rules: [100],
			read: (index) => {
				const value = points[index];
				const time = clock(this.hass, Date.now() / 1000 - (SLOTS - 1 - index) * (86400 / SLOTS));
				return typeof value === "number" ? `${time} · ${say(value)}` : time;
			},
		});
		made.node.hidden = true;
		this.pastIds = [id];
		this.drawPast = () => {
			points = this.past?.points(id) ?? [];
			const values = points.filter((value) => value !== null);
			made.node.hidden = !isTelling(points);
			if (made.node.hidden) return;
			const [low, high] = [Math.min(...values), Math.max(...values)];
			const margin = (high - low) * 0.1 || 1;
			const now = Date.now() / 1000;
			const lane = isState ? { low: 0, high: 0.01 } : { low: low - margin, high: high + margin };
			const ends = { low: say(low), high: say(high) };
			const label = isState ? t(this.hass, "strip_label", { name: nameOf(this.hass, id), state: wordsOf(this.hass, id) }) : t(this.hass, "line_label", { name: nameOf(this.hass, id), now: wordsOf(this.hass, id), ...ends });
			made.draw(this.hass, [{ points, color: "var(--day)", area: true, top: 0, bottom: 100, ...lane }], label, now - 86400, now, isState ? "" : rangeOf(this.hass, ends));
		};
		return made.node;
	}
}

function STYLE() {
	return `
:host { --day: var(--primary-color); } .old { --day: var(--muted); }
.hero { display: flex; align-items: center; gap: 14px; min-width: 0; } .hero:hover { text-decoration: none; }
.sign { --mdc-icon-size: 26px; width: 26px; height: 26px; padding: 11px; border-radius: 50%; color: var(--muted); background: var(--secondary-background-color); }
.on .sign { color: var(--primary-text-color); background: color-mix(in srgb, var(--state-active-color, var(--primary-color)) 40%, transparent); }
.said { display: flex; flex-direction: column; min-width: 0; } .said .muted { font-size: var(--s); }
.big { font-size: 24px; line-height: 1.2; font-weight: var(--medium); letter-spacing: -.01em; }
.pairing { display: flex; align-items: center; justify-content: space-between; gap: 12px; flex-wrap: wrap; } .pairing > .big { color: var(--muted); }
.plant { display: grid; gap: 12px 24px; } @container (min-width: 420px) { .plant { grid-template-columns: 1fr 1fr; } }
.gauge { display: grid; grid-template-columns: 1fr auto auto; gap: 4px 8px; width: 100%; align-items: baseline; font-size: var(--s); } .gauge:hover { text-decoration: none; }
.gauge b { grid-column: 3; font-weight: var(--medium); font-size: var(--m); } .gauge .word { grid-column: 2; color: var(--warn); }
.meter { grid-column: 1 / -1; position: relative; height: 8px; border-radius: 4px; background: var(--line); overflow: hidden; }
.meter i { display: block; height: 100%; border-radius: 4px; background: var(--day); transform-origin: 0 0; } :dir(rtl) .meter i { transform-origin: 100% 0; }
.meter u { position: absolute; inset-block: 0; width: 2px; background: var(--primary-text-color); }
@container (max-width: 200px) { .chart { display: none; } } @container (max-width: 300px) { .sign { padding: 7px; } .hero { gap: 10px; } .big { font-size: 20px; } }
@container (max-height: 180px) { .chips, .chart { display: none; } }
`;
}
