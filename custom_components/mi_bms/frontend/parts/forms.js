// What the editors ask.

import { home, t } from "./text.js";

/** @param {{name: string}} field */
const label = ({ name }) => (home && t(home, `form_${name}`)) || name;

/** @param {string} name */
const flag = (name) => ({ name, default: true, selector: { boolean: {} } });

const device = { name: "device", required: true, selector: { device: { filter: [{ integration: "mi_bms" }] } } };
const name = { name: "name", selector: { text: {} } };

/** @param {any[]} schema */
const form = (schema) => ({ schema, computeLabel: label });

export function batteryForm() {
	const levels = [20, 50, 100].map((usual, index) => ({
		name: `level_${index + 1}`,
		default: usual,
		selector: { number: { min: 1, max: 1000, mode: "box", unit_of_measurement: "mV" } },
	}));
	const scale = {
		name: "scale",
		default: "zoomed",
		selector: {
			select: { mode: "dropdown", options: ["zoomed", "whole"].map((value) => ({ value, label: (home && t(home, `scale_${value}`)) || value })) },
		},
	};
	return form([
		device,
		name,
		{ type: "grid", name: "", schema: ["cells", "history", "chips"].map(flag) },
		scale,
		{ type: "grid", name: "", schema: levels },
	]);
}

export const deviceForm = () => form([device, name, { type: "grid", name: "", schema: ["history"].map(flag) }]);
export const bankForm = () => form([{ ...device, required: false }, name]);
export const nameForm = () => form([name]);
