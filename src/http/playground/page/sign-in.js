/** The form at the top: sign in, who is signed in, and the first change of a password. */
import { announce, byId, fill, h } from './dom.js'
import { Refused } from './session.js'

/** @param {string} id @param {string} label @param {Record<string, string | boolean>} attributes */
const field = (id, label, attributes) =>
  h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    h('input', { id, name: id, ...attributes }),
  )

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id))

/** @param {string} text @param {'good' | 'bad' | ''} kind */
export function notice(text, kind = '') {
  const bar = byId('notice')
  bar.className = `notice ${text ? kind : ''}`
  fill(
    bar,
    text && h('span', {}, text),
    text &&
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': 'Dismiss', click: () => notice('') },
        '✕',
      ),
  )
}

/** @param {unknown} error */
const said = (error) =>
  error instanceof Refused ? error.message : 'The server could not be reached. Is it still running?'

/** @param {import('./session.js').Session} session */
export function mountSignIn(session) {
  const place = byId('session')
  const show = () => (session.who ? showWho(session, place) : showForm(session, place))
  session.addEventListener('change', (event) => {
    const why = /** @type {CustomEvent<string>} */ (event).detail
    // A renewed token changes nothing that is shown but the clock, which reads it anew.
    if (!session.who || !place.querySelector('.who')) show()
    if (why) notice(why)
  })
  setInterval(() => tick(session), 1000)
  show()
}

/** @param {import('./session.js').Session} session @param {HTMLElement} place */
function showForm(session, place) {
  const form = h(
    'form',
    { class: 'sign-in', 'aria-label': 'Sign in', autocomplete: 'on' },
    field('username', 'Username', {
      autocomplete: 'username',
      required: true,
      autocapitalize: 'none',
      spellcheck: 'false',
      maxlength: '256',
    }),
    field('password', 'Password', {
      type: 'password',
      autocomplete: 'current-password',
      required: true,
      maxlength: '1024',
    }),
    field('domain', 'Domain (optional)', {
      autocomplete: 'off',
      placeholder: 'default',
      spellcheck: 'false',
      maxlength: '256',
    }),
    h('button', { type: 'submit', class: 'primary' }, 'Sign in'),
  )
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const credentials = {
      username: input('username').value.trim(),
      password: input('password').value,
      domain: input('domain').value.trim(),
    }
    await attempt(form, async () => {
      try {
        await session.signIn(credentials)
        notice('')
        announce(`Signed in as ${credentials.username}`)
      } catch (error) {
        if (!(error instanceof Refused && error.mustChange)) throw error
        showChange(session, place, credentials, error.message)
      }
    })
  })
  fill(place, form)
}

/** @param {import('./session.js').Session} session @param {HTMLElement} place @param {{ username: string, password: string, domain: string }} credentials @param {string} message */
function showChange(session, place, credentials, message) {
  const form = h(
    'form',
    { class: 'sign-in change', 'aria-label': 'Change password' },
    h(
      'p',
      { class: 'change-why' },
      h('strong', {}, `New password for ${credentials.username}. `),
      message,
    ),
    // Password managers look for the name that the new password belongs to.
    h('input', {
      class: 'sr',
      type: 'text',
      autocomplete: 'username',
      value: credentials.username,
      readonly: true,
      tabindex: -1,
      'aria-hidden': 'true',
    }),
    field('new-password', 'New password', {
      type: 'password',
      autocomplete: 'new-password',
      required: true,
      maxlength: '1024',
    }),
    field('new-password-again', 'New password again', {
      type: 'password',
      autocomplete: 'new-password',
      required: true,
      maxlength: '1024',
    }),
    h('button', { type: 'submit', class: 'primary' }, 'Change and sign in'),
    h(
      'button',
      {
        type: 'button',
        click: () => {
          notice('')
          showForm(session, place)
        },
      },
      'Cancel',
    ),
  )
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const newPassword = input('new-password').value
    if (newPassword !== input('new-password-again').value) {
      notice('The two new passwords are not the same.', 'bad')
      input('new-password-again').focus()
      return
    }
    await attempt(form, async () => {
      await session.changePassword({ ...credentials, newPassword })
      // From here on the old password is wrong, so a failure must lead back to the sign-in form.
      showForm(session, place)
      await session.signIn({ ...credentials, password: newPassword })
      notice('The password is changed.', 'good')
    })
  })
  notice('')
  fill(place, form)
  input('new-password').focus()
}

/** Runs a form's action with its button held, and shows why it failed. @param {HTMLFormElement} form @param {() => Promise<void>} action */
async function attempt(form, action) {
  const button = form.querySelector('button')
  if (button) button.disabled = true
  try {
    await action()
  } catch (error) {
    notice(said(error), 'bad')
    if (form.isConnected)
      /** @type {HTMLInputElement | null} */ (form.querySelector('input:not([readonly])'))?.focus()
  } finally {
    if (button) button.disabled = false
  }
}

/** @param {import('./session.js').Session} session @param {HTMLElement} place */
function showWho(session, place) {
  const { username, domain } = session.who ?? { username: '', domain: '' }
  const out = h('button', { type: 'button' }, 'Sign out')
  out.addEventListener('click', async () => {
    const told = await session.signOut()
    notice(
      told
        ? 'Signed out. The session is revoked.'
        : 'Signed out here. The server could not be told; the session ends there after an hour unused.',
      told ? 'good' : 'bad',
    )
  })
  fill(
    place,
    h(
      'div',
      { class: 'who' },
      h('span', { class: 'avatar', 'aria-hidden': 'true' }, username.slice(0, 1).toUpperCase()),
      h(
        'span',
        {},
        h('span', { class: 'sr' }, 'Signed in as '),
        h('strong', { class: 'who-name' }, username),
        h('small', {}, domain ? `domain ${domain}` : 'default domain'),
      ),
      h(
        'span',
        { class: 'clock', title: 'The token is renewed by itself while this page is in use' },
        h('small', {}, 'token'),
        h('time', { id: 'remaining' }),
      ),
      out,
    ),
  )
  tick(session)
}

/** @param {import('./session.js').Session} session */
function tick(session) {
  const clock = document.getElementById('remaining')
  if (!clock || !session.who) return
  const seconds = Math.max(0, Math.round((session.who.endsAt - Date.now()) / 1000))
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
