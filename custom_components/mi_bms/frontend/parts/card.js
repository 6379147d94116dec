// What all cards share: how they live, draw, and say that there is nothing to draw.

import { collect, h, put } from "./dom.js";
import { isKnown, known, stream, stubOf } from "./store.js";
import { STYLE } from "./style.js";
import { hasTexts, loadTexts, setHome, t } from "./text.js";
import { isOn, watchInto } from "./values.js";

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
/** @type {Set<MiCard>} */
const shown = new Set();
let beat = 0;
setInterval(() => {
	if (document.hidden) return;
	beat += 1;
	for (const card of shown) if (card.isHurried || beat % 10 === 0) card.draw();
}, 1000);
document.addEventListener("visibilitychange", () => {
	for (const card of shown) card.look();
});

const watcher = new IntersectionObserver(
	(entries) => {
		for (const { target, isIntersecting } of entries) {
			const card = /** @type {MiCard} */ (target);
			card.isInView = isIntersecting;
			card.look();
		}
	},
	{ rootMargin: "200px" },
);

/** What is drawn anew when it changes. @param {MiDevice} device */
const shapeOf = (device) => device && { ...device, read_at: 0, standing: 0, cause: 0, remedy: 0, act: 0, until: 0, balancing: 0, left_out: 0 };

export class MiCard extends HTMLElement {
	static frame = "ha-card";
	static kinds = [""];

	/** @param {any} _home */
	static getStubConfig(_home) {
		return stubOf(this.kinds[0]);
	}

	own = /** @type {typeof MiCard} */ (this.constructor);
	frame = h(this.own.frame, { class: "frame" });
	/** @type {MiConfig} */
	config = {};
	/** @type {Hass | null} */
	home = null;
	/** @type {MiBind[]} */
	binds = [];
	/** The entities that it looks at. @type {Set<string>} */
	watched = new Set();
	/** @type {MiDevices | null} */
	seen = null;
	shape = "";
	fault = "";
	isInView = true;
	/** @type {(() => void)[]} */
	leaves = [];
	/** Its last day. @type {MiDay | null} */
	day = null;

	constructor() {
		super();
		const root = this.attachShadow({ mode: "open" });
		root.adoptedStyleSheets = [sheet];
		root.append(this.frame);
	}

	/** @param {MiConfig} config */
	setConfig(config) {
		if (!config || typeof config !== "object") throw new Error("config");
		this.config = config;
		put(this, "fixed", typeof config.grid_options?.rows === "number");
		this.draw(true);
	}

	/** @param {Hass} now */
	set hass(now) {
		const old = this.home;
		this.home = now;
		setHome(now);
		if (!this.isConnected) return;
		if (old?.language !== now.language || old.connection !== now.connection) this.join();
		if (this.isTouched(old, now) && this.isSeen()) this.draw();
	}

	connectedCallback() {
		shown.add(this);
		watcher.observe(this);
		if (!this.home) return;
		this.join();
		this.draw();
	}

	disconnectedCallback() {
		shown.delete(this);
		watcher.unobserve(this);
		this.unjoin();
		this.pause();
	}

	join() {
		this.unjoin();
		this.leaves = [
			stream.follow((/** @type {Set<string> | null} */ changed) => {
				if (changed && !this.isAll && !this.devices().some((id) => changed.has(id))) return;
				if (this.isSeen()) this.draw();
			}),
		];
	}

	unjoin() {
		for (const leave of this.leaves.splice(0)) leave();
	}

	isSeen() {
		return !this.shape || (this.isInView && !document.hidden);
	}

	/** What is not seen costs nothing. */
	look() {
		if (this.isSeen()) this.draw();
		else this.pause();
	}

	pause() {
		this.day?.pause();
	}

	get deviceId() {
		return this.config.device ?? "";
	}

	get device() {
		return known()[this.deviceId];
	}

	/** Whether something counts down. */
	get isHurried() {
		return this.device?.until || isOn(this.device?.roles.allow_commands);
	}

	devices() {
		return [this.deviceId];
	}

	get isAll() {
		return false;
	}

	/** Whether something that it shows changed. @param {Hass | null} old @param {Hass} now */
	isTouched(old, now) {
		if (old?.entities !== now.entities || old.locale !== now.locale || old.language !== now.language) return true;
		for (const id of this.watched) if (old.states[id] !== now.states[id]) return true;
		return false;
	}

	/** Why there is nothing to draw, as the key of a sentence. @returns {string | null} */
	obstacle() {
		if (!isKnown()) return stream.isFailed ? "unavailable" : "loading";
		if (!this.deviceId) return "choose";
		if (!Object.hasOwn(known(), this.deviceId)) return "gone";
		return this.own.kinds.includes(this.device.kind) ? null : "other_kind";
	}

	draw(anew = false) {
		if (!this.home || !this.isConnected) return;
		if (!hasTexts()) {
			loadTexts().then(() => hasTexts() && this.draw(true));
			return;
		}
		watchInto(this.watched);
		try {
			const all = known();
			if (anew || all !== this.seen || !this.shape) {
				this.seen = all;
				const obstacle = this.obstacle();
				const shape = obstacle ?? JSON.stringify(this.devices().map((id) => shapeOf(all[id])));
				if (anew || shape !== this.shape) this.rebuild(obstacle, shape);
			}
			for (const bind of this.binds) {
				const value = bind.get();
				if (value === bind.last) continue;
				bind.last = value;
				bind.apply(value);
			}
			if (this.isSeen()) this.day?.see();
		} catch (error) {
			// A card that fails must not take the dashboard with it.
			if (`${error}` !== this.fault) console.error("mi_bms", error);
			[this.shape, this.fault] = ["", `${error}`];
			this.say("broken");
		}
	}

	/** @param {string | null} obstacle */
	rebuild(obstacle, shape = "") {
		this.pause();
		[this.day, this.shape] = [null, shape];
		this.watched.clear();
		if (obstacle) this.say(obstacle);
		else this.binds = collect(() => this.frame.replaceChildren(h("div", `body ${this.localName}`, ...this.build())));
	}

	/** @returns {MiChild[]} */
	build() {
		return [];
	}

	say(key = "") {
		this.binds = [];
		this.frame.replaceChildren(h("div", "body quiet muted", h("p", "", t(key))));
	}

	getCardSize() {
		return 4;
	}

	/** @returns {MiAny} */
	getGridOptions() {
		return { columns: 12, rows: "auto", min_columns: 6, min_rows: 3 };
	}
}
