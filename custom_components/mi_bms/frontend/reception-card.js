// Who is heard where and how well, and who waits for something.

import { MiCard } from "./parts/card.js";
import { h, link, s } from "./parts/dom.js";
import { nameForm } from "./parts/forms.js";
import { age, notice, title } from "./parts/head.js";
import { Stream, isKnown, known, standing } from "./parts/store.js";
import { hass, number, t } from "./parts/text.js";

/** @type {MiReception | null} */
let heard = null;
const reception = new Stream(
	() => ({ type: "mi_bms/reception/subscribe", language: hass.language }),
	(message) => (heard = message),
);
const KEYS = ["no_key", "not_paired"];

function waiting(id = "") {
	const device = () => known()[id];
	const { name, roles } = device();
	const told = link(roles.last_read ?? roles.last_seen ?? roles.level, "", name);
	return h("li", { hidden: () => standing(device()) === "fresh" }, h("div", "head", told, h("span", "muted small", () => age(device()))), notice(device));
}

/** The line of a sensor. @param {MiReception["receivers"]} receivers @param {MiHeard} told */
function row(receivers, told, id = "") {
	const { hours, expected, share, rssi, best, why } = told;
	const { name, roles } = known()[id];
	const most = Math.max(1, expected ?? 0, ...hours);
	const label = t("hours_label", { name, low: number(Math.min(...hours)), high: number(Math.max(...hours)) });
	const d = hours.map((count, index) => `M${index * 4} 20v${((-20 * count) / most).toFixed(1)}h3V20z`).join("");
	return h(
		"tr",
		{},
		h("th", { scope: "row" }, link(roles.last_seen ?? roles.rssi, "", name), why && h("div", "muted small", why)),
		h("td", "", s("svg", { viewBox: "0 0 96 20", role: "img", "aria-label": label }, s("path", { d }))),
		h("td", "num", share === null ? "–" : number(share * 100, 0, "%")),
		...receivers.map((one) => {
			const isBest = one.id === best;
			return h("td", { class: `num ${isBest ? "best" : ""}`, title: isBest && t("best") }, one.id in rssi ? number(rssi[one.id], 0, "dBm") : "–");
		}),
	);
}

export class ReceptionCard extends MiCard {
	static getConfigForm = nameForm;

	getGridOptions() {
		return { ...super.getGridOptions(), columns: "full" };
	}

	get isAll() {
		return true;
	}

	join() {
		super.join();
		this.leaves.push(reception.follow(() => this.draw(true)));
	}

	devices() {
		return Object.keys(known());
	}

	obstacle() {
		if (!isKnown()) return super.obstacle();
		if (!heard || reception.isFailed) return reception.isFailed ? "unavailable" : "loading";
		return this.devices().length ? null : "nothing_heard";
	}

	build() {
		const { receivers, sensors, advice } = /** @type {MiReception} */ (heard);
		const all = known();
		const byName = (one = "", other = "") => all[one].name.localeCompare(all[other].name);
		const without = (id = "") => Number(!KEYS.includes(all[id].standing));
		const devices = this.devices().sort((one, other) => without(one) - without(other) || byName(one, other));
		const isFine = () => devices.every((id) => standing(known()[id]) === "fresh");
		const ids = Object.keys(sensors).filter((id) => all[id]).sort((one, other) => (sensors[one].share ?? 2) - (sensors[other].share ?? 2) || byName(one, other));
		const top = [t("sensor"), t("hours"), t("share_heard"), ...receivers.map(({ name }) => name)];
		const table = h("table", "", h("thead", "", h("tr", "", ...top.map((word) => h("th", { scope: "col" }, word)))), h("tbody", "", ...ids.map((id) => row(receivers, sensors[id], id))));
		return [
			title(this.config.name || t("reception")),
			advice && h("p", "notice", advice),
			h("section", { class: "list", hidden: isFine }, h("h3", "", t("waiting")), h("ul", "", ...devices.map(waiting))),
			ids.length ? h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("reception") }, table) : h("p", "muted", t("nothing_heard")),
		];
	}
}
