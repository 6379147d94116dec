// The ring of the state of charge, and what stands beside it.

import { h, icon, link, s } from "./dom.js";
import { duration, joined, number, t } from "./text.js";
import { nameOf, numberOf, sizeOf, stateOf, valueOf, wordsOf } from "./values.js";

/** Below this many watts a battery rests, where it does not say so itself. */
const REST = 2;

/** Where energy flows: 1 in, -1 out, 0 nowhere, null unknown; the word of the state is slower than the number. @param {MiRoles} roles */
export function flowOf(roles) {
	const current = valueOf(roles.current);
	const power = valueOf(roles.power) ?? (current && current * (valueOf(roles.voltage) ?? 12));
	if (power !== null) return signOf(power);
	const said = stateOf(roles.flow)?.state;
	return said === "charging" ? 1 : said === "discharging" ? -1 : said ? 0 : null;
}

export const signOf = (power = 0) => (Math.abs(power) < REST ? 0 : Math.sign(power));

/** @param {number | null} flow */
export const flowWord = (flow) => (flow === null ? "" : t(flow > 0 ? "charging" : flow < 0 ? "discharging" : "idle"));

/** The arrow of where energy flows. @param {MiRoles} roles */
export function arrow(roles) {
	const flow = () => flowOf(roles) ?? 0;
	return icon(
		() => (flow() ? `arrow-${flow() > 0 ? "up" : "down"}-bold` : ""),
		() => (flow() > 0 ? "in" : "out"),
	);
}

/** The colour of a state of charge in Home Assistant. @param {number | null} level */
export const toneOf = (level) => (level === null ? "none" : level >= 70 ? "full" : level >= 30 ? "half" : "low");

/** A bar and what it is filled to, from 0 to 1. @param {() => number} get @param {MiChild[]} marks */
export const meter = (get, attributes = {}, ...marks) =>
	h("span", { class: "meter", "aria-hidden": "true", ...attributes }, h("i", { style: () => `transform:scaleX(${Math.min(1, Math.max(0, get()))})` }), ...marks);

/** What is left: charge of the whole, and energy. @param {MiDevice} device */
function leftOf({ roles, capacity: usual }) {
	const charge = valueOf(roles.charge_left);
	const capacity = valueOf(roles.capacity) ?? usual;
	const digits = capacity && capacity < 20 ? 1 : 0;
	const energy = valueOf(roles.energy_left);
	const guess = charge !== null && (charge * (valueOf(roles.voltage) ?? 0)) / 1000;
	return joined(
		charge !== null && (capacity ? t("of", { part: number(charge, digits), whole: number(capacity, digits, "Ah") }) : wordsOf(roles.charge_left)),
		energy !== null ? number(energy, 1, "kWh") : guess && `≈ ${number(guess, 1, "kWh")}`,
	);
}

/** How long until full or empty. @param {MiRoles} roles */
export function timeOf(roles) {
	const flow = flowOf(roles) ?? 0;
	const seconds = (flow && valueOf(flow > 0 ? roles.time_to_full : roles.time_to_empty)) ?? 0;
	return seconds > 0 ? t(flow > 0 ? "full_in" : "empty_in", { time: duration(seconds) }) : "";
}

/** The ring, power and its direction, what is left and how long. @param {MiDevice} device */
export function main(device) {
	const { roles } = device;
	const power = roles.power ?? roles.current;
	const level = () => numberOf(roles.level);
	const round = { cx: 50, cy: 50, r: 44 };
	const val = s("circle", {
		...round,
		class: "val",
		pathLength: 100,
		"stroke-dasharray": () => `${Math.min(100, Math.max(0, level() ?? 0))} 100`,
		// A round end would show a dot where there is nothing.
		style: () => `opacity:${level() ? 1 : 0}`,
	});
	const digits = h(
		"span",
		"digits num",
		h("span", "", () => (level() === null ? "–" : number(Number(level())))),
		h("small", { hidden: () => level() === null }, "%"),
	);
	const ring = link(
		roles.level,
		{
			class: "ring",
			role: !roles.level && "img",
			"data-tone": () => toneOf(level()),
			"aria-label": () => [t("level_label", { level: wordsOf(roles.level) }), leftOf(device) && t("left_label", { left: leftOf(device) })].filter(Boolean).join(" "),
		},
		s("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, s("circle", round), val),
		h("span", "inside", digits, h("span", { class: "arrow", "aria-hidden": "true" }, arrow(roles))),
	);
	const pair = [roles.voltage, roles.power && roles.current].filter(Boolean);
	return h(
		"div",
		"main",
		ring,
		h(
			"div",
			"facts",
			link(power, "power", h("span", "big num", () => sizeOf(power)), h("span", "", () => flowWord(flowOf(roles)))),
			h("div", "time", () => timeOf(roles)),
			h("div", "muted num pair", ...pair.map((id) => link(id, "", () => wordsOf(id)))),
			link(roles.charge_left ?? roles.energy_left, "muted num left", () => leftOf(device)),
		),
	);
}

/** A small fact that leads to its entity. @param {() => string} [get] instead of name and state */
export const chip = (id = "", symbol = "", get) =>
	link(id, "chip small", icon(symbol), !get && h("span", "muted", () => nameOf(id)), h("span", "num", get ?? (() => wordsOf(id))));

/** A row of small facts: some, and those of a table that there are. @param {MiChild[]} all @param {MiRoles} roles @param {MiRoles} table */
export function chips(all, roles, table) {
	const found = Object.keys(table).filter((role) => roles[role]);
	return h("div", "chips", ...all, ...found.map((role) => chip(roles[role], table[role])));
}
