/** Sets a CSS property of an element from a template; our pages allow no style attributes. */

import { noChange } from "lit-html";
import { Directive, directive, PartType } from "lit-html/directive.js";

class CssProperty extends Directive {
  /** @param {any} part */
  constructor(part) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("cssProperty stands among the attributes of an element");
  }

  /** @override @returns {unknown} */
  render(/** @type {string} */ _name, /** @type {string} */ _value) {
    return noChange;
  }

  /**
   * @override
   * @param {any} part
   * @param {[string, string]} values
   */
  update(part, [name, value]) {
    part.element.style.setProperty(name, value);
    return noChange;
  }
}

/** `<i ${cssProperty("--color", "#e69f00")}></i>` */
export const cssProperty = directive(CssProperty);
