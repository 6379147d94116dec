// Elements made by hand: what users and devices are called is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Give an element what is named: listeners, properties of style, attributes.
 * @template {Element} T
 * @param {T} element
 * @param {Record<string, any>} attributes
 * @returns {T}
 */
function dress(element, attributes) {
	for (const [name, value] of Object.entries(attributes)) {
		if (typeof value === "function") element.addEventListener(name, value);
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value === true ? "" : String(value));
	}
	return element;
}

/** Return a new element. @param {string} tag @param {Record<string, any>} [attributes] a function is a listener @param {...MiChild} children @returns {HTMLElement} */
export function h(tag, attributes = {}, ...children) {
	const element = dress(document.createElement(tag), attributes);
	for (const child of children) if (child) element.append(child);
	return element;
}

/** Return a new element of a drawing. @param {string} tag @param {Record<string, any>} [attributes] @param {...Node} children @returns {SVGElement} */
export function s(tag, attributes = {}, ...children) {
	const element = dress(document.createElementNS(SVG, tag), attributes);
	element.append(...children);
	return /** @type {SVGElement} */ (element);
}

/** Return an icon of Home Assistant's. @param {string} name @param {string} [cls] */
export const icon = (name, cls) => h("ha-icon", { icon: `mdi:${name}`, class: cls, "aria-hidden": "true" });

/** Tell the page something, across shadow roots. @param {Element} element @param {string} kind @param {unknown} detail */
export function fire(element, kind, detail) {
	element.dispatchEvent(new CustomEvent(kind, { detail, bubbles: true, composed: true }));
}

/** Set an attribute, or take it away. @param {Element} element @param {string} name @param {string | number | boolean | null} value */
export function put(element, name, value) {
	if (value === null || value === false) element.removeAttribute(name);
	else element.setAttribute(name, value === true ? "" : String(value));
}

/** Return a style sheet that all elements of a class share. @param {string} text */
export function sheet(text) {
	const made = new CSSStyleSheet();
	made.replaceSync(text);
	return made;
}

const ready = customElements.whenDefined("home-assistant");

/** Define an element as soon as Home Assistant's registry stands: an earlier one is not seen by it. @param {string} name @param {() => CustomElementConstructor} make */
export function define(name, make) {
	ready.then(() => {
		const registry = window.customElements;
		if (!registry.get(name)) registry.define(name, make());
	});
}
