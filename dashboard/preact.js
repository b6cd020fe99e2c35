// The libraries under one name. Markup made with html`…` escapes every value.
import { Fragment, createContext, h, render } from './vendor/preact.js';
import htm from './vendor/htm.js';

export { Fragment, createContext, h, render };
export * from './vendor/hooks.js';
export const html = htm.bind(h);
