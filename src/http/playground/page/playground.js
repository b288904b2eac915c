/** The page: reads the API's description, lists its operations, and shows the one that the address names. */
import { operationsOf } from './call.js'
import { badge } from './documented.js'
import { announce, byId, fill, h } from './dom.js'
import { OperationView } from './operation.js'
import { Schemas } from './schema.js'
import { Session } from './session.js'
import { mountSignIn, notice } from './sign-in.js'

/** @typedef {import('./call.js').Operation} Operation */

const HISTORY_LENGTH = 50

const session = new Session()
/** @type {Map<string, OperationView>} What was typed and answered stays when one moves between operations. */
const views = new Map()
/** @type {import('./operation.js').Past[]} */
let history = []
/** @type {Operation[]} */
let operations = []
/** @type {Schemas} */
let schemas
/** @type {OperationView | undefined} */
let current

/** @param {string} id */
const link = (id) => `#/${encodeURIComponent(id)}`

/** The operation that the address names. */
function named() {
  try {
    const id = decodeURIComponent(location.hash.replace(/^#\/?/, ''))
    return operations.find((one) => one.id === id)
  } catch {
    return undefined
  }
}

/** @param {Operation} operation */
function viewOf(operation) {
  const known = views.get(operation.id)
  if (known) return known
  const view = new OperationView(operation, { schemas, session, called: remember })
  views.set(operation.id, view)
  return view
}

function showNamed({ focus = true } = {}) {
  const operation = named()
  current = operation && viewOf(operation)
  current?.refresh()
  fill(byId('main'), current ? current.element : welcome())
  document.title = `${operation ? `${operation.summary || operation.id} · ` : ''}Keystead API playground`
  for (const one of document.querySelectorAll('#operations a')) {
    const here = operation !== undefined && one.getAttribute('href') === link(operation.id)
    if (here) one.setAttribute('aria-current', 'page')
    else one.removeAttribute('aria-current')
  }
  byId('operations').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  openMenu(false)
  if (!focus) return
  scrollTo(0, 0)
  byId('main').querySelector('h1')?.focus({ preventScroll: true })
}

const welcome = () =>
  h(
    'section',
    { class: 'card welcome' },
    h('h1', { tabindex: -1 }, 'Try the API from here'),
    h(
      'p',
      {},
      `${operations.length} operations, called on this server with your own rights. Sign in above, choose one from the list, and send it.`,
    ),
    h(
      'ul',
      {},
      h(
        'li',
        {},
        'Tokens are kept in the memory of this page alone. Signing out, reloading or closing it revokes them.',
      ),
      h('li', {}, 'Calls are real: what you create or delete here is created or deleted.'),
      h(
        'li',
        {},
        'Every call is shown as a ',
        h('code', {}, 'curl'),
        ' line, with secrets left out.',
      ),
    ),
    h(
      'p',
      {},
      'The description behind this page is at ',
      h('a', { href: '/openapi.json' }, '/openapi.json'),
      '.',
    ),
  )

/** @param {string} wanted */
function list(wanted) {
  const words = wanted
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found = operations.filter(({ id, method, path, summary, tag }) => {
    const text = `${id} ${method} ${path} ${summary} ${tag}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const groups = Map.groupBy(found, (one) => one.tag)
  fill(
    byId('operations'),
    ...[...groups].map(([tag, members]) =>
      h(
        'details',
        { open: true },
        h('summary', {}, h('span', {}, tag), h('span', { class: 'count' }, members.length)),
        h(
          'ul',
          {},
          ...members.map((one) =>
            h(
              'li',
              {},
              h(
                'a',
                {
                  href: link(one.id),
                  title: `${one.method} ${one.path}`,
                  'aria-current': one === named() && 'page',
                },
                badge(one.method),
                h('span', { class: 'name' }, one.summary || one.path),
              ),
            ),
          ),
        ),
      ),
    ),
    found.length === 0 && h('p', { class: 'empty' }, 'No operation matches.'),
  )
  byId('found').textContent = wanted ? `${found.length} operations found` : ''
}

/** @param {import('./operation.js').Past} past */
function remember(past) {
  history = [past, ...history].slice(0, HISTORY_LENGTH)
  showHistory()
}

function showHistory() {
  const clear = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      click: () => {
        history = []
        showHistory()
      },
    },
    'Clear',
  )
  fill(
    byId('history'),
    h('div', { class: 'card-head' }, h('h2', {}, 'History'), history.length > 0 && clear),
    history.length === 0
      ? h('p', { class: 'empty' }, 'Calls made in this page are listed here.')
      : h(
          'ol',
          {},
          ...history.map((past) =>
            h(
              'li',
              {},
              h(
                'button',
                { type: 'button', class: 'past', click: () => again(past) },
                badge(past.operation.method),
                h('span', { class: 'name' }, past.operation.summary || past.operation.path),
                h('span', { class: `status ${past.kind}` }, past.status),
                h('small', {}, `${past.at.toLocaleTimeString()} · ${Math.round(past.ms)} ms`),
              ),
            ),
          ),
        ),
  )
}

/** @param {import('./operation.js').Past} past */
function again(past) {
  viewOf(past.operation).restore(past.draft)
  if (location.hash === link(past.operation.id)) showNamed()
  else location.hash = link(past.operation.id)
  announce('The call is back in the form, without its secrets')
}

/** On narrow screens the list is a menu. @param {boolean} open */
function openMenu(open) {
  byId('nav').classList.toggle('open', open)
  byId('nav-toggle').setAttribute('aria-expanded', String(open))
}

function listen() {
  const search = /** @type {HTMLInputElement} */ (byId('search'))
  search.addEventListener('input', () => list(search.value))
  search.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault()
      byId('operations').querySelector('a')?.focus()
    }
  })
  byId('operations').addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    const links = [...byId('operations').querySelectorAll('details[open] a')].map(
      (one) => /** @type {HTMLElement} */ (one),
    )
    const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    if (at < 0) return
    event.preventDefault()
    ;(links[at + step] ?? search).focus()
  })
  document.addEventListener('keydown', (event) => {
    const typing =
      event.target instanceof Element && event.target.closest('input, textarea, select')
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    openMenu(true)
    search.focus()
  })
  byId('nav-toggle').addEventListener('click', () =>
    openMenu(!byId('nav').classList.contains('open')),
  )
  // The skip link's own address would read as an operation.
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    event.preventDefault()
    byId('main').focus()
  })
  addEventListener('hashchange', () => showNamed())
  for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, () => session.touch())
  // A page that is left, even into the browser's cache of pages, leaves no session behind.
  addEventListener('pagehide', () => session.signOut({ leaving: true }))
  session.addEventListener('change', () => {
    if (!session.who) {
      // Whoever signs in next finds nothing of what was typed or answered before.
      views.clear()
      history = []
      showHistory()
      showNamed({ focus: false })
    } else current?.refresh()
  })
}

async function start() {
  mountSignIn(session)
  try {
    const response = await fetch('/openapi.json', { credentials: 'omit', redirect: 'error' })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    const description = await response.json()
    schemas = new Schemas(description)
    operations = operationsOf(description, schemas)
    byId('version').textContent = description.info?.version ?? ''
  } catch (error) {
    notice(
      `The API's description could not be read: ${/** @type {Error} */ (error).message}`,
      'bad',
    )
    return
  }
  list('')
  showHistory()
  listen()
  showNamed({ focus: false })
}

void start()
