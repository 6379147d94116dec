// Cards, features and strategies of Mi BMS: plain modules, served as they are.

/** Home Assistant's root element: what is defined before it may go into the wrong registry. */
const ready = customElements.whenDefined("home-assistant");

/**
 * Define an element once, as soon as Home Assistant is there.
 * @param {string} name
 * @param {CustomElementConstructor} element
 * @returns {Promise<void>}
 */
export async function define(name, element) {
  await ready;
  if (!window.customElements.get(name)) window.customElements.define(name, element);
}
