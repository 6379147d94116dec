// Elements made by hand: what users and devices are called is only ever text.

/** What is live on what is being built. @type {MiBind[]} */
let binds = [];

/** Build something; return what keeps it up to date. @param {() => void} build */
export function collect(build) {
	binds = [];
	build();
	return binds;
}

/** Keep something up to date. @template T @param {() => T} get @param {(value: T) => void} apply called when the value is another */
export const live = (get, apply) => binds.push({ get, apply, last: binds });

/** Set an attribute, or take it away. @param {Element} element @param {any} value */
export function put(element, name = "", value) {
	if (value || value === 0) element.setAttribute(name, value === true ? "" : value);
	else element.removeAttribute(name);
}

/** @template {Element} T @param {T} element @param {MiAny} attributes @param {MiChild[]} children */
function dress(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (typeof value === "function") live(value, (now) => put(element, name, now));
		else put(element, name, value);
	}
	for (const child of children) {
		if (typeof child === "function")
			live(child, (text) => {
				element.textContent = text;
				put(element, "hidden", !text);
			});
		else if (child) element.append(child);
	}
	return element;
}

/** @param {string | MiAny} look a class, or attributes @returns {MiAny} */
const looks = (look) => (typeof look === "string" ? { class: look } : look);

/** A new element; a function is a listener, else it is live; one without text is hidden. @param {string | MiAny} look @param {...MiChild} children */
export const h = (tag = "", look = "", ...children) => dress(document.createElement(tag), looks(look), children);

/** A new element of a drawing. @param {...Node} children */
export const s = (tag = "", attributes = {}, ...children) => dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** An icon of Home Assistant's; without a name it is hidden. @param {MiText} name @param {MiText} [cls] */
export function icon(name, cls) {
	const get = typeof name === "function" ? name : () => name;
	return h("ha-icon", { icon: () => `mdi:${get()}`, hidden: () => !get(), class: cls, "aria-hidden": "true" });
}

/** Tell the page something, across shadow roots. @param {Element} element */
export const fire = (element, kind = "", detail = {}) => element.dispatchEvent(new CustomEvent(kind, { detail, bubbles: true, composed: true }));

/** A button that opens an entity's dialog; without one, plain text. @param {MiGoal} id @param {string | MiAny} look @param {...MiChild} children */
export function link(id, look, ...children) {
	if (!id) return h("div", look, ...children);
	const onclick = () => {
		const entityId = typeof id === "function" ? id() : id;
		if (entityId) fire(button, "hass-more-info", { entityId });
	};
	const button = h("button", { type: "button", onclick, ...looks(look) }, ...children);
	return button;
}

const ready = customElements.whenDefined("home-assistant");

/** Define an element once Home Assistant's registry stands, which sees no earlier one. @param {CustomElementConstructor} element */
export const define = async (element, name = "") => {
	await ready;
	const registry = window.customElements;
	if (!registry.get(name)) registry.define(name, element);
};
