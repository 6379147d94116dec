// What the editors ask.

import { t } from "./text.js";

const computeLabel = ({ name = "" }) => t(`form_${name}`) || name;
/** @param {string[]} names */
const flags = (...names) => ({ type: "grid", name: "", schema: names.map((name) => ({ name, default: true, selector: { boolean: {} } })) });
const device = { name: "device", required: true, selector: { device: { filter: [{ integration: "mi_bms" }] } } };
const name = { name: "name", selector: { text: {} } };
/** @param {any[]} schema */
const form = (...schema) => ({ schema, computeLabel });

export function batteryForm() {
	const schema = [20, 50, 100].map((usual, index) => ({
		name: `level_${index + 1}`,
		default: usual,
		selector: { number: { min: 1, max: 1000, mode: "box", unit_of_measurement: "mV" } },
	}));
	const options = ["zoomed", "whole"].map((value) => ({ value, label: t(`scale_${value}`) || value }));
	return form(
		device,
		name,
		flags("cells", "history", "chips"),
		{ name: "scale", default: "zoomed", selector: { select: { mode: "dropdown", options } } },
		{ type: "grid", name: "", schema },
	);
}

export const deviceForm = () => form(device, name, flags("history"));
export const bankForm = () => form({ ...device, required: false }, name);
export const nameForm = () => form(name);
