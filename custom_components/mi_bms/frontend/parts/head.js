// The head of a card: name, age, alarm, and why nothing new comes.

import { fire, h, icon, link, live } from "./dom.js";
import { standing } from "./store.js";
import { ago, joined, t } from "./text.js";
import { isOn, stateOf, wordsOf } from "./values.js";

/** @type {MiRoles} */
const ICONS = {
	old: "clock-alert-outline",
	asleep: "sleep",
	held: "cellphone-link",
	paused: "pause-circle-outline",
	unreachable: "bluetooth-off",
	no_key: "key-alert",
	not_paired: "link-off",
	starting: "timer-sand",
};

export function left(until = 0) {
	const seconds = Math.max(0, Math.round(until - Date.now() / 1000));
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The age of what is shown, in words. @param {MiDevice} device */
export function age(device) {
	const how = standing(device);
	if (how === "paused" && device.until) return t("until", { time: left(device.until) });
	return joined(how !== "fresh" && t(`standing_${how}`), device.read_at && ago(device.read_at));
}

/** What a card is called, and what stands beside it. @param {MiChild} beside */
export const title = (name = "", beside = null) => h("div", "head", h("h2", { class: "name", title: name, dir: "auto" }, name), beside);

/** Name, age, the alarm in words, and what helps when nothing new comes. @param {MiCard} card */
export function head(card) {
	const { device, frame } = card;
	const { roles } = device;
	const how = () => standing(card.device);
	live(how, (now) => frame.classList.toggle("old", now !== "fresh"));
	const told = link(roles.last_read ?? roles.last_seen, "age muted small", icon(() => ICONS[how()] ?? ""), h("span", "words num", () => age(card.device)));
	const alarm = () => {
		const said = stateOf(roles.alarm)?.state ?? "none";
		return said !== "none" && said !== "off" ? wordsOf(roles.alarm) : isOn(roles.problem) ? t("problem") : "";
	};
	const id = roles.alarm ?? roles.problem;
	return [title(card.config.name || device.name, told), id && link(id, { class: () => `alarm ${stateOf(roles.problem)?.state === "off" ? "warn" : "bad"}` }, icon("alert"), h("span", "", alarm)), notice(() => card.device)];
}

/** The sentence and the button that help when nothing new comes. @param {() => MiDevice} get */
export function notice(get) {
	const press = () => fire(button, "hass-action", { config: { tap_action: get().act?.action }, action: "tap" });
	const button = h("button", { class: "act", type: "button", onclick: press }, () => t(`act_${get().act?.word}`));
	const said = () => get().cause && t("notice", get());
	return h("div", { class: "notice", role: "status", hidden: () => standing(get()) === "fresh" || !(said() || get().act) }, h("p", "", said), button);
}
