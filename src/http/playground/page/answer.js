/** How an answer is shown. @typedef {import('./call.js').Answer} Answer */
import { copyButton, h } from './dom.js'

/** Above this an answer is shown as plain text: a span for every value would stall the page. */
const COLOURED_CHARACTERS = 300_000

const names = /** @type {Record<number, string>} */ ({
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
})

/** HTTP/2 has no reason phrase, so the common ones are known here. @param {Answer} answer */
export const statusLine = ({ status, statusText }) =>
  `${status} ${statusText || names[status] || ''}`.trim()

/** @param {number} status */
export const statusKind = (status) => (status < 300 ? 'good' : status < 500 ? 'warn' : 'bad')

/** @param {number} bytes */
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`)

/** @param {Answer} answer @param {(name: string) => boolean} secretName */
export function answerView(answer, secretName) {
  const bytes = new TextEncoder().encode(answer.text).length
  const headers = answer.headers.map(([name, value]) =>
    h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value)),
  )
  return [
    h(
      'div',
      { class: 'answer-line' },
      h(
        'span',
        { class: `status ${statusKind(answer.status)}`, 'data-status': answer.status },
        statusLine(answer),
      ),
      h('span', { class: 'measure' }, `${answer.ms.toFixed(answer.ms < 10 ? 1 : 0)} ms`),
      h('span', { class: 'measure' }, size(bytes)),
      answer.text !== '' && copyButton('the answer', () => answer.text),
    ),
    answer.text === ''
      ? h('p', { class: 'empty' }, 'The answer has no body.')
      : h(
          'pre',
          { class: 'json', tabindex: 0, 'aria-label': 'Body of the answer' },
          body(answer, secretName),
        ),
    h(
      'details',
      { class: 'headers' },
      h('summary', {}, `Headers (${headers.length})`),
      h('div', { class: 'scroll' }, h('table', {}, h('tbody', {}, ...headers))),
    ),
  ]
}

/** @param {Answer} answer @param {(name: string) => boolean} secretName @returns {Node} */
function body({ text }, secretName) {
  try {
    JSON.parse(text)
  } catch {
    return document.createTextNode(text)
  }
  return text.length > COLOURED_CHARACTERS
    ? document.createTextNode(JSON.stringify(JSON.parse(text), null, 2))
    : coloured(text, secretName)
}

const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g

/**
 * Indents and colours JSON from its text, so that numbers keep digits which a parsed one would lose. Secret strings
 * are covered until asked for: answers are often on a shared screen.
 *
 * @param {string} text valid JSON @param {(name: string) => boolean} secretName
 */
export function coloured(text, secretName) {
  const out = document.createDocumentFragment()
  const tokens = text.match(token) ?? []
  let depth = 0
  let name = ''
  const line = () => out.append(`\n${'  '.repeat(depth)}`)
  tokens.forEach((piece, at) => {
    const next = tokens[at + 1]
    if (piece === '{' || piece === '[') {
      out.append(piece)
      depth += 1
      if (next !== '}' && next !== ']') line()
    } else if (piece === '}' || piece === ']') {
      depth -= 1
      const before = tokens[at - 1]
      if (before !== '{' && before !== '[') line()
      out.append(piece)
    } else if (piece === ',') {
      out.append(piece)
      line()
    } else if (piece === ':') {
      out.append(': ')
    } else if (piece.startsWith('"') && next === ':') {
      name = JSON.parse(piece)
      out.append(h('span', { class: 'key' }, piece))
    } else if (piece.startsWith('"')) {
      out.append(
        tokens[at - 1] === ':' && secretName(name) && piece !== '""'
          ? covered(piece, name)
          : h('span', { class: 'text' }, piece),
      )
    } else {
      out.append(h('span', { class: /^[tfn]/.test(piece) ? 'word' : 'number' }, piece))
    }
  })
  return out
}

/** @param {string} piece @param {string} name */
const covered = (piece, name) =>
  h(
    'button',
    {
      type: 'button',
      class: 'covered',
      'aria-label': `Show ${name}`,
      click: (event) => event.currentTarget.replaceWith(h('span', { class: 'text' }, piece)),
    },
    '•••••••• show',
  )
