// The head of a card: name, age, alarm, and why nothing new comes.

import { fire, h, icon, put } from "./dom.js";
import { ago, countdown, t } from "./text.js";
import { stateOf, wordsOf } from "./values.js";

/** @type {Record<string, string>} */
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

/** Return how a device stands now: what was fresh ages without anybody telling. @param {MiDevice} device */
export function standing(device) {
	const { read_at: at, stale_after: after } = device;
	const isOld = device.standing === "fresh" && at !== null && after !== null && Date.now() / 1000 - at > after;
	return isOld ? "old" : device.standing;
}

/** Return the age of what is shown, in words. @param {Hass} hass @param {MiDevice} device */
export function age(hass, device) {
	const now = Date.now() / 1000;
	const how = standing(device);
	if (how === "paused" && device.until) return t(hass, "until", { time: countdown(device.until - now) });
	const when = device.read_at === null ? "" : ago(hass, now - device.read_at);
	if (how === "fresh") return when;
	const word = t(hass, `standing_${how}`);
	return when ? `${word} · ${when}` : word;
}

/** Return name and age. @param {import("./card.js").MiCard} card */
export function head(card) {
	const mark = h("span");
	const device = () => /** @type {MiDevice} */ (card.device);
	card.bind(
		() => standing(device()),
		(how) => {
			mark.replaceChildren(...(ICONS[how] ? [icon(ICONS[how])] : []));
			card.frame.classList.toggle("old", how !== "fresh");
		},
	);
	const roles = device().roles;
	const words = h("span", { class: "words num" });
	const told = card.link(roles.last_read ?? roles.last_seen, "age", mark, words);
	card.bind(
		() => age(card.hass, device()),
		(text) => {
			words.textContent = text;
			told.hidden = !text;
		},
	);
	return h(
		"div",
		{ class: "head" },
		h("h2", { class: "name", title: device().name }, card.config.name || device().name),
		told,
	);
}

/** Return the sentence and the button that help when nothing new comes. @param {import("./card.js").MiCard} card */
export function notice(card) {
	const device = () => /** @type {MiDevice} */ (card.device);
	const said = card.text("p", "", () => [device().cause, device().remedy].filter(Boolean).join(" "));
	const button = /** @type {HTMLButtonElement} */ (h("button", { class: "act", type: "button" }));
	const box = h("div", { class: "notice", role: "status" }, said, button);
	const press = async () => {
		const act = device().act;
		if (act?.kind === "configure") {
			go(card, `/config/integrations/integration/mi_bms#config_entry=${encodeURIComponent(act.entry)}`);
			return;
		}
		if (!act) return;
		button.disabled = true;
		// Home Assistant itself says what failed.
		const [domain] = act.entity_id.split(".");
		await card.hass.callService(domain, act.kind, { entity_id: act.entity_id }).catch(() => undefined);
		button.disabled = false;
	};
	button.addEventListener("click", press);
	card.bind(
		() => actLabel(card.hass, device()),
		(label) => {
			button.textContent = label;
			button.hidden = !label;
		},
	);
	card.bind(
		() => standing(device()) !== "fresh" && Boolean(device().cause || device().remedy || device().act),
		(needed) => {
			box.hidden = !needed;
		},
	);
	card.bind(
		() => standing(device()) === "paused" && device().until !== null,
		(hurried) => {
			card.isHurried = hurried;
		},
	);
	return box;
}

/** @param {Hass} hass @param {MiDevice} device */
function actLabel(hass, device) {
	const act = device.act;
	if (!act) return "";
	if (act.kind !== "press") return t(hass, act.kind === "configure" ? "configure" : "turn_on");
	return t(hass, act.entity_id === device.roles.release ? "release" : "refresh");
}

/** Return the alarm in words. @param {import("./card.js").MiCard} card */
export function alarm(card) {
	const { roles } = /** @type {MiDevice} */ (card.device);
	const id = roles.alarm ?? roles.problem;
	if (!id) return null;
	card.watched.push(...[roles.alarm, roles.problem].filter(Boolean));
	const words = h("span");
	const box = card.link(id, "alarm", icon("alert"), words);
	card.bind(
		() => {
			const said = stateOf(card.hass, roles.alarm);
			if (said && said.state !== "none" && said.state !== "off") return wordsOf(card.hass, roles.alarm);
			return stateOf(card.hass, roles.problem)?.state === "on" ? t(card.hass, "problem") : "";
		},
		(text) => {
			words.textContent = text;
			put(box, "hidden", !text);
		},
	);
	return box;
}

/** Let a press on an element open another page of Home Assistant's. @param {Element} element @param {string} path */
export function go(element, path) {
	fire(element, "hass-action", { config: { tap_action: { action: "navigate", navigation_path: path } }, action: "tap" });
}
