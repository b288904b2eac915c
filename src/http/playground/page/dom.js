/**
 * Elements from data. Everything becomes an attribute or a text node; there is no way here to pass markup.
 *
 * @typedef {Node | string | number | false | null | undefined} Child
 * @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Attributes
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] functions are listeners, named by their event; true is an empty attribute
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value))
  }
  element.append(...kept(children))
  return element
}

/** @param {Child[]} children @returns {(Node | string)[]} */
const kept = (children) =>
  children
    .filter((child) => child !== false && child !== null && child !== undefined)
    .map((child) => (child instanceof Node ? child : String(child)))

/** What a description says, with the words it puts in backticks as code. @param {string} description @returns {Child[]} */
export const prose = (description) =>
  description.split('`').map((part, i) => (i % 2 === 1 ? h('code', {}, part) : part))

/** @param {Element} element @param {...Child} children */
export const fill = (element, ...children) => element.replaceChildren(...kept(children))

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no element ${id}`)
  return element
}

/** Tells what happened to those who listen to the page. @param {string} text */
export const announce = (text) => {
  byId('live').textContent = text
}

/** A button that copies what `text` returns when pressed. @param {string} what @param {() => string} text */
export function copyButton(what, text) {
  const button = h(
    'button',
    { type: 'button', class: 'quiet', 'aria-label': `Copy ${what}` },
    'Copy',
  )
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text())
      button.textContent = 'Copied'
      announce(`Copied ${what}`)
    } catch {
      // The clipboard exists on HTTPS and loopback only, and the browser may refuse it.
      button.textContent = 'Not allowed'
      announce('The browser did not allow copying')
    }
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1500)
  })
  return button
}
