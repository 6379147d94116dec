// What a battery may be told.

import { h, link, put } from "./dom.js";
import { left } from "./head.js";
import { clock, hass, joined, t } from "./text.js";
import { isOn, nameOf, stateOf, wordsOf } from "./values.js";

/** How a switch stands, until when, and what holds it. */
function how(id = "") {
	const state = stateOf(id);
	if (!state) return "";
	const { until, returns_at: back, held_by: held } = state.attributes;
	return joined(
		wordsOf(id),
		until && t("time_left", { time: left(Date.parse(until) / 1000) }),
		back && t("switched_back", { time: clock(Date.parse(back) / 1000) }),
		held?.length && t("held_by", { what: hass.formatEntityAttributeValue(state, "held_by") }),
	);
}

/** @param {MiRoles} roles */
export function commands({ allow_commands: arm, discharge_switch: discharge, ...roles }) {
	if (!arm) return null;
	const refused = h("p", { class: "bad", role: "alert" });
	const row = (id = "") => {
		const press = async () => {
			const kind = `turn_${isOn(id) ? "off" : "on"}`;
			if (button.ariaBusy || (id === discharge && isOn(id) && !confirm(t("ask_discharge")))) return;
			refused.textContent = "";
			put(button, "aria-busy", "true");
			try {
				await hass.callService("switch", kind, { entity_id: id });
			} catch (/** @type {any} */ error) {
				const words = await hass.loadBackendTranslation("exceptions", "mi_bms");
				refused.textContent = words?.(`component.mi_bms.exceptions.${error.translation_key}.message`, error.translation_placeholders) || error.message;
			}
			put(button, "aria-busy", null);
		};
		const word = () => t(`switch_${isOn(id) ? "off" : "on"}`);
		const button = h("button", { class: "act", type: "button", disabled: () => id !== arm && !isOn(arm), "aria-label": () => `${nameOf(id)}: ${word()}`, onclick: press }, word);
		return h("div", "apart", link(id, "", h("span", "muted", () => `${nameOf(id)} `), h("span", "num", () => how(id))), button);
	};
	return h("section", "list", ...[arm, roles.charge_switch, discharge, roles.balancer_switch, roles.heater_switch].filter(Boolean).map(row), refused);
}
