// The ring of the state of charge, and what stands beside it.

import { h, icon, put, s } from "./dom.js";
import { duration, number, t } from "./text.js";
import { nameOf, numberOf, stateOf, valueOf, wordsOf } from "./values.js";

/** Below this many watts a battery rests, where it does not say so itself. */
const REST = 2;

/** Return where energy flows: 1 into the battery, -1 out of it, 0 nowhere; the word of the state is slower than the number beside it. @param {Hass} hass @param {Record<string, string>} roles */
export function flowOf(hass, roles) {
	const power = valueOf(hass, roles.power) ?? valueOf(hass, roles.current);
	if (power !== null) return Math.abs(power) < REST ? 0 : Math.sign(power);
	const said = stateOf(hass, roles.flow)?.state;
	return said === "charging" ? 1 : said === "discharging" ? -1 : 0;
}

/** Return a sentence on where energy flows. @param {Hass} hass @param {number} flow */
export const flowWord = (hass, flow) => t(hass, flow > 0 ? "charging" : flow < 0 ? "discharging" : "idle");

/** Return the name of the colour that a state of charge has in Home Assistant. @param {number | null} level */
export const toneOf = (level) => (level === null ? "none" : level >= 70 ? "full" : level >= 30 ? "half" : "low");

/** Return what is left: charge of the whole, and energy. @param {Hass} hass @param {MiDevice} device */
export function leftOf(hass, device) {
	const { roles } = device;
	const charge = valueOf(hass, roles.charge_left);
	const capacity = valueOf(hass, roles.capacity) ?? device.capacity;
	const parts = [];
	if (charge !== null)
		parts.push(
			capacity
				? t(hass, "of", { part: number(hass, charge, capacity < 20 ? 1 : 0), whole: number(hass, capacity, capacity < 20 ? 1 : 0, "Ah") })
				: wordsOf(hass, roles.charge_left),
		);
	const volts = valueOf(hass, roles.voltage);
	const energy = valueOf(hass, roles.energy_left);
	if (energy !== null) parts.push(number(hass, energy, 1, "kWh"));
	else if (charge !== null && volts) parts.push(`≈ ${number(hass, (charge * volts) / 1000, 1, "kWh")}`);
	return parts.join(" · ");
}

/** Return how long until full or empty. @param {Hass} hass @param {Record<string, string>} roles @param {number} flow */
export function timeOf(hass, roles, flow) {
	const key = flow > 0 ? "time_to_full" : flow < 0 ? "time_to_empty" : "";
	const seconds = key ? valueOf(hass, roles[key]) : null;
	return seconds ? t(hass, flow > 0 ? "full_in" : "empty_in", { time: duration(hass, seconds) }) : "";
}

/** @param {import("./card.js").MiCard} card @param {MiDevice} device */
export function ring(card, device) {
	const { roles } = device;
	const value = s("circle", { class: "val", cx: 50, cy: 50, r: 44, pathLength: 100, "stroke-dasharray": "0 100" });
	const svg = s("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, s("circle", { class: "track", cx: 50, cy: 50, r: 44 }), value);
	const digits = h("span", { class: "digits num" });
	const arrow = h("span", { class: "arrow", "aria-hidden": "true" });
	const node = card.link(roles.level, "ring", svg, h("span", { class: "inside" }, digits, arrow));
	put(node, "role", roles.level ? null : "img");
	card.bind(
		() => numberOf(stateOf(card.hass, roles.level)),
		(level) => {
			put(value, "stroke-dasharray", `${Math.min(100, Math.max(0, level ?? 0))} 100`);
			// A round end would show a dot where there is nothing.
			value.style.opacity = level ? "1" : "0";
			digits.replaceChildren(level === null ? "–" : number(card.hass, level), ...(level === null ? [] : [h("small", {}, "%")]));
			put(node, "data-tone", toneOf(level));
		},
	);
	card.bind(
		() => flowOf(card.hass, roles),
		(flow) => {
			arrow.replaceChildren(...(flow ? [icon(flow > 0 ? "arrow-up-bold" : "arrow-down-bold", flow > 0 ? "in" : "out")] : []));
		},
	);
	card.bind(
		() => {
			const left = leftOf(card.hass, device);
			return `${t(card.hass, "level_label", { level: wordsOf(card.hass, roles.level) })}${left ? ` ${t(card.hass, "left_label", { left })}` : ""}`;
		},
		(label) => put(node, "aria-label", label),
	);
	return node;
}

/** Return power, its direction, what is left and how long. @param {import("./card.js").MiCard} card @param {MiDevice} device */
export function facts(card, device) {
	const { roles } = device;
	const get = () => flowOf(card.hass, roles);
	const power = card.text("span", "big num", () => wordsOf(card.hass, roles.power ?? roles.current, true));
	const flow = card.text("span", "flow", () => flowWord(card.hass, get()));
	const pair = [roles.voltage, roles.power ? roles.current : undefined].filter(Boolean);
	const electric = h(
		"div",
		{ class: "muted num pair" },
		...pair.map((id) => card.line(id, "", () => wordsOf(card.hass, id))),
	);
	return h(
		"div",
		{ class: "facts" },
		card.link(roles.power ?? roles.current, "power", power, flow),
		card.text("div", "time", () => timeOf(card.hass, roles, get())),
		electric,
		card.line(roles.charge_left ?? roles.energy_left, "muted num left", () => leftOf(card.hass, device)),
	);
}

/** Return a small fact that leads to its entity. @param {import("./card.js").MiCard} card @param {string} id @param {string} symbol @param {() => string} [get] @param {string} [label] */
export function chip(card, id, symbol, get, label) {
	card.watched.push(id);
	return card.link(
		id,
		"chip",
		icon(symbol),
		label === "" ? null : h("span", { class: "lab" }, label ?? nameOf(card.hass, id)),
		card.text("span", "num", get ?? (() => wordsOf(card.hass, id))),
	);
}

export const RING = `
.main { display: flex; align-items: center; gap: 20px; min-width: 0; }
.ring { position: relative; width: 116px; height: 116px; flex: none; border-radius: 50%; --tone: var(--state-sensor-battery-high-color, var(--success-color)); }
.ring[data-tone="half"] { --tone: var(--state-sensor-battery-medium-color, var(--warning-color)); }
.ring[data-tone="low"] { --tone: var(--state-sensor-battery-low-color, var(--error-color)); }
.ring svg { width: 100%; height: 100%; transform: rotate(-90deg); display: block; }
.ring circle { fill: none; stroke-width: 9; }
.track { stroke: var(--line); }
.ring .val { stroke: var(--tone); stroke-linecap: round; }
.inside { position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center; }
.digits { font-size: 30px; line-height: 1; font-weight: var(--medium); letter-spacing: -.02em; }
.digits small { font-size: 14px; font-weight: 400; margin-inline-start: 1px; color: var(--muted); }
.arrow { height: 18px; line-height: 1; } .arrow:empty { display: none; }
.in { color: var(--energy-battery-in-color); } .out { color: var(--energy-battery-out-color); }
.facts { display: flex; flex-direction: column; gap: 3px; min-width: 0; align-items: flex-start; }
.power { display: flex; align-items: baseline; flex-wrap: wrap; gap: 0 10px; }
.power .big { font-size: 26px; line-height: 1.15; font-weight: var(--medium); letter-spacing: -.015em; }
.pair { display: flex; flex-wrap: wrap; gap: 0 14px; }
.left { text-align: start; }
.old .ring { --tone: var(--muted); } .old .digits { color: var(--muted); } .old .in, .old .out { color: var(--muted); }
@container (max-width: 300px) { .main { gap: 12px; } .ring { width: 80px; height: 80px; } .digits { font-size: 21px; } .digits small { font-size: 11px; } .arrow { display: none; }
	.power .big { font-size: 19px; } .pair, .left { display: none; } .facts { font-size: var(--s); } }
`;
