// What all cards share: one life, one way of drawing, and a sentence where there is nothing to draw.

import { fire, h, put, sheet } from "./dom.js";
import { followHistory } from "./history.js";
import { follow, isFailed, known } from "./store.js";
import { BASE } from "./style.js";
import { hasTexts, loadTexts, t } from "./text.js";

/** @type {Set<MiCard>} */
const shown = new Set();
const REDRAW = 10; // seconds between two drawings of the history
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
		for (const entry of entries) {
			const card = /** @type {MiCard} */ (entry.target);
			card.isInView = entry.isIntersecting;
			card.look();
		}
	},
	{ rootMargin: "200px" },
);

/** @param {MiDevice | undefined} device */
const shapeOf = (device) =>
	device && { ...device, read_at: 0, standing: 0, cause: 0, remedy: 0, act: 0, until: 0, balancing: 0, left_out: 0 };

export class MiCard extends HTMLElement {
	/** @type {CSSStyleSheet[]} */
	static sheets = [];
	static frame = "ha-card";
	/** Which kinds of devices it draws. */
	static kinds = ["battery", "bank", "sensor"];

	constructor() {
		super();
		const root = this.attachShadow({ mode: "open" });
		const own = /** @type {typeof MiCard} */ (this.constructor);
		root.adoptedStyleSheets = [sharedSheet, ...own.sheets];
		this.frame = h(own.frame);
		root.append(this.frame);
		/** @type {MiConfig} */
		this.config = {};
		/** @type {Hass | null} */
		this.home = null;
		/** @type {{get: () => any, apply: (value: any) => void, last: any}[]} */
		this.binds = [];
		/** @type {string[]} */
		this.watched = [];
		/** @type {(() => void) | null} */
		this.unfollow = null;
		/** @type {MiDevices | null} */
		this.seen = null;
		this.shape = "";
		this.isInView = true;
		this.isHurried = false;
		/** The last day of some entities, while it is seen. @type {ReturnType<typeof followHistory>} */
		this.past = null;
		/** @type {string[]} */
		this.pastIds = [];
		this.pastAt = 0;
		/** @type {(() => void) | null} */
		this.drawPast = null;
	}

	/** @param {MiConfig} config */
	setConfig(config) {
		if (!config || typeof config !== "object") throw new Error("config");
		this.config = config;
		const rows = config.grid_options?.rows;
		put(this, "fixed", typeof rows === "number");
		this.reset();
	}

	/** @param {Hass} hass */
	set hass(hass) {
		const old = this.home;
		this.home = hass;
		if (!this.isConnected) return;
		if (!old || old.language !== hass.language || old.connection !== hass.connection) this.join();
		if (!old || this.isTouched(old, hass)) {
			if (this.isSeen()) this.draw();
		}
	}

	/** @returns {Hass} */
	get hass() {
		return /** @type {Hass} */ (this.home);
	}

	connectedCallback() {
		shown.add(this);
		watcher.observe(this);
		if (this.home) {
			this.join();
			this.draw();
		}
	}

	disconnectedCallback() {
		shown.delete(this);
		watcher.unobserve(this);
		this.unfollow?.();
		this.unfollow = null;
		this.pause();
	}

	/** Follow the devices and fetch the words. */
	join() {
		const hass = this.hass;
		this.unfollow?.();
		this.unfollow = follow(hass, (changed) => {
			const mine = this.devices();
			if (changed && !mine.some((id) => changed.has(id)) && !this.isAll()) return;
			if (this.isSeen()) this.draw();
		});
	}

	/** Return whether somebody can see it. */
	isSeen() {
		return !this.shape || (this.isInView && !document.hidden);
	}

	/** What is no longer seen costs nothing; what is seen again is up to date. */
	look() {
		if (!this.isConnected || !this.home) return;
		if (!this.isSeen()) this.pause();
		else this.draw();
	}

	/** A day that nobody sees is not followed. */
	pause() {
		this.past?.leave();
		this.past = null;
	}

	/** The ids of the devices that it shows. @returns {string[]} */
	devices() {
		return this.config.device ? [this.config.device] : [];
	}

	/** Whether any device may concern it. */
	isAll() {
		return false;
	}

	/** @returns {MiDevice | undefined} */
	get device() {
		return known()?.[this.config.device ?? ""];
	}

	/** Return whether something that it shows changed. @param {Hass} old @param {Hass} hass */
	isTouched(old, hass) {
		if (old.entities !== hass.entities || old.locale !== hass.locale || old.language !== hass.language) return true;
		const [before, now] = [old.states, hass.states];
		if (before === now) return false;
		for (const id of this.watched) if (before[id] !== now[id]) return true;
		return false;
	}

	/** Forget the drawing. */
	reset() {
		this.shape = "";
		this.seen = null;
		if (this.isConnected && this.home) this.draw();
	}

	/**
	 * Keep something on the drawing up to date.
	 * @template T
	 * @param {() => T} get
	 * @param {(value: T) => void} apply called when the value is another
	 */
	bind(get, apply) {
		this.binds.push({ get, apply, last: this });
	}

	/** Return why there is nothing to draw, as the key of a sentence. @returns {string | null} */
	obstacle() {
		const all = known();
		if (!all) return isFailed() ? "unavailable" : "loading";
		if (!this.config.device) return "choose";
		if (!this.device) return "gone";
		const own = /** @type {typeof MiCard} */ (this.constructor);
		return own.kinds.includes(this.device.kind) ? null : "other_kind";
	}

	/** @param {boolean} [anew] */
	draw(anew = false) {
		const hass = this.home;
		if (!hass || !this.isConnected) return;
		if (!hasTexts(hass)) {
			// Where they cannot be had now, the next beat asks again.
			loadTexts(hass).then(() => hasTexts(hass) && this.draw(true));
			return;
		}
		try {
			const devices = known();
			if (anew || devices !== this.seen || !this.shape) {
				this.seen = devices;
				const obstacle = this.obstacle();
				const shape = obstacle ?? JSON.stringify(this.devices().map((id) => shapeOf(devices?.[id])));
				if (anew || shape !== this.shape) this.rebuild(obstacle, shape);
			}
			for (const bind of this.binds) {
				const value = bind.get();
				if (value === bind.last) continue;
				bind.last = value;
				bind.apply(value);
			}
			this.after();
		} catch (error) {
			// One card that cannot be drawn must not take the dashboard with it.
			console.error("mi_bms", error);
			this.say("broken");
		}
	}

	/** What is left to do after each drawing. */
	after() {
		if (!this.drawPast || !this.isSeen()) return;
		if (!this.past) {
			this.pastAt = 0;
			this.past = followHistory(this.hass, this.pastIds, () => this.pastCame());
		}
		this.pastCame();
	}

	/** Draw the history, but not with each of its points. */
	pastCame() {
		const now = Date.now() / 1000;
		if (!this.past?.isThere() || now - this.pastAt < REDRAW) return;
		this.pastAt = now;
		this.drawPast?.();
	}

	/** @param {string | null} obstacle @param {string} shape */
	rebuild(obstacle, shape) {
		this.pause();
		this.drawPast = null;
		this.binds = [];
		this.watched = [];
		this.shape = shape;
		if (obstacle) {
			this.say(obstacle);
			return;
		}
		const body = h("div", { class: "body" });
		this.build(body);
		this.frame.replaceChildren(body);
	}

	/** @param {HTMLElement} _body */
	build(_body) {}

	/** @param {string} key */
	say(key) {
		this.binds = [];
		this.frame.replaceChildren(h("div", { class: "body quiet" }, h("p", {}, t(this.hass, key))));
	}

	/** @param {string | null | undefined} id */
	moreInfo(id) {
		if (id) fire(this, "hass-more-info", { entityId: id });
	}

	/** Return a button that opens an entity's dialog; without one, plain text. @param {string | null | undefined} id @param {string} cls @param {...MiChild} children */
	link(id, cls, ...children) {
		if (!id) return h("div", { class: cls }, ...children);
		return h("button", { class: `link ${cls}`, type: "button", click: () => this.moreInfo(id) }, ...children);
	}

	/** Return an element whose text is kept. @param {string} tag @param {string} cls @param {() => string} get */
	text(tag, cls, get) {
		const element = h(tag, { class: cls });
		this.bind(get, (value) => {
			element.textContent = value;
			element.hidden = !value;
		});
		return element;
	}

	/** Return a button whose text is kept; without a text there is none. @param {string | null | undefined} id @param {string} cls @param {() => string} get */
	line(id, cls, get) {
		const element = this.link(id, cls);
		this.bind(get, (value) => {
			element.textContent = value;
			element.hidden = !value;
		});
		return element;
	}

	getCardSize() {
		return 4;
	}
}

const sharedSheet = sheet(BASE);
