/**
 * One operation: its form, its curl line and its answer. Longer than most files, as these three change together:
 * every key typed in the form redraws the others, over the same private fields.
 *
 * @typedef {import('./call.js').Operation} Operation
 * @typedef {import('./call.js').Draft} Draft
 * @typedef {{ operation: Operation, draft: Draft, status: string, kind: string, ms: number, at: Date }} Past
 */
import { answerView, statusKind, statusLine } from './answer.js'
import { curlOf, send, Unsendable, withoutSecrets } from './call.js'
import { bodyTable, documentedAnswers, operationHead } from './documented.js'
import { announce, copyButton, fill, h } from './dom.js'
import { parameterField, secretField, syntaxProblem } from './fields.js'

export class OperationView {
  /** @type {Operation} */ #operation
  /** @type {import('./schema.js').Schemas} */ #schemas
  /** @type {import('./session.js').Session} */ #session
  /** @type {(past: Past) => void} */ #called
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */ #inputs = new Map()
  /** @type {{ path: string[], input: HTMLInputElement, element: HTMLElement }[]} */ #secrets = []
  /** @type {HTMLTextAreaElement | undefined} */ #editor
  #syntax = h('p', { id: 'syntax', class: 'syntax', 'aria-live': 'polite' })
  #curl = h('code')
  #hint = h('span', { class: 'hint' })
  #problem = h('p', { class: 'problem', role: 'alert' })
  #send = h('button', { type: 'submit', class: 'primary send' }, 'Send')
  #answer = h('div', { class: 'answer-body' }, h('p', { class: 'empty' }, 'Nothing sent yet.'))
  /** @type {(name: string) => boolean} */ #secretInBody
  /** @type {HTMLElement} */ element

  /** @param {Operation} operation @param {{ schemas: import('./schema.js').Schemas, session: import('./session.js').Session, called: (past: Past) => void }} around */
  constructor(operation, { schemas, session, called }) {
    this.#operation = operation
    this.#schemas = schemas
    this.#session = session
    this.#called = called
    this.#secretInBody = schemas.secretNames(operation.body)
    this.element = this.#build()
    this.refresh()
  }

  #build() {
    const operation = this.#operation
    const form = h('form', {
      class: 'card request',
      'aria-label': 'Request',
      novalidate: true,
      autocomplete: 'off',
    })
    form.append(
      ...this.#parameters('path', 'Path'),
      ...this.#parameters('query', 'Query'),
      ...(operation.body ? this.#body(operation.body) : []),
    )
    if (form.childElementCount === 0)
      form.append(h('p', { class: 'empty' }, 'This call takes no parameters.'))
    form.append(
      this.#problem,
      h(
        'div',
        { class: 'send-bar' },
        this.#send,
        h(
          'span',
          { class: 'keys', 'aria-hidden': 'true' },
          h('kbd', {}, 'Ctrl'),
          h('kbd', {}, 'Enter'),
        ),
        this.#hint,
      ),
    )
    const table =
      operation.body &&
      bodyTable(operation.body, this.#schemas, (name, value) => this.#add(name, value))
    if (table) form.append(table)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#go()
    })
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      form.requestSubmit()
    })
    form.addEventListener('input', () => this.refresh())
    return h(
      'article',
      { class: 'operation' },
      operationHead(operation),
      h(
        'div',
        { class: 'columns' },
        h('div', { class: 'column' }, form, documentedAnswers(operation, this.#schemas)),
        h(
          'div',
          { class: 'column' },
          h(
            'section',
            { class: 'card answer', 'aria-label': 'Answer' },
            h('h2', {}, 'Answer'),
            this.#answer,
          ),
          h(
            'section',
            { class: 'card', 'aria-label': 'curl' },
            h(
              'div',
              { class: 'card-head' },
              h('h2', {}, 'curl'),
              copyButton('the curl line', () => this.#curl.textContent ?? ''),
            ),
            h(
              'pre',
              { class: 'curl', tabindex: 0, 'aria-label': 'The same call with curl' },
              this.#curl,
            ),
            location.protocol === 'https:' &&
              h(
                'p',
                { class: 'note' },
                'While the server uses a certificate of its own CA, add ',
                h('code', {}, '--cacert ca.pem'),
                '.',
              ),
          ),
        ),
      ),
    )
  }

  /** @param {string} where @param {string} title */
  #parameters(where, title) {
    const own = this.#operation.parameters.filter((one) => one.in === where)
    if (own.length === 0) return []
    const fields = own.map((one) => {
      const { input, element } = parameterField(one, this.#schemas)
      this.#inputs.set(`${one.in}:${one.name}`, input)
      return element
    })
    return [
      h(
        'fieldset',
        {},
        h('legend', {}, `${title} parameters`),
        h('div', { class: 'fields' }, ...fields),
      ),
    ]
  }

  /** @param {import('./schema.js').Schema} schema */
  #body(schema) {
    const start = this.#schemas.sample(schema)
    const editor = h('textarea', {
      id: 'body',
      class: 'editor',
      spellcheck: 'false',
      autocapitalize: 'none',
      'aria-describedby': 'syntax',
      rows: 6,
    })
    const empty = start === null || (typeof start === 'object' && Object.keys(start).length === 0)
    editor.value = empty
      ? this.#operation.bodyRequired
        ? '{}'
        : ''
      : JSON.stringify(start, null, 2)
    this.#editor = editor
    const format = h('button', { type: 'button', class: 'quiet' }, 'Format')
    format.addEventListener('click', () => {
      try {
        editor.value = JSON.stringify(JSON.parse(editor.value), null, 2)
      } catch {
        editor.focus()
      }
      this.refresh()
    })
    this.#secrets = this.#schemas.secretFields(schema).map(secretField)
    return [
      h(
        'div',
        { class: 'body' },
        h(
          'div',
          { class: 'card-head' },
          h('label', { for: 'body' }, 'Body', h('span', { class: 'about' }, ' JSON')),
          format,
        ),
        this.#operation.bodyDescription &&
          h('p', { class: 'about' }, this.#operation.bodyDescription),
        editor,
        this.#syntax,
      ),
      this.#secrets.length > 0 &&
        h(
          'fieldset',
          {},
          h('legend', {}, 'Secret fields of the body'),
          h(
            'p',
            { class: 'about' },
            'Added to the body when it is sent; kept out of the history and of the curl line.',
          ),
          h('div', { class: 'fields' }, ...this.#secrets.map(({ element }) => element)),
        ),
    ].filter((part) => part instanceof Node)
  }

  /** @param {string} name @param {unknown} value */
  #add(name, value) {
    if (!this.#editor) return
    try {
      const body = JSON.parse(this.#editor.value.trim() || '{}')
      if (!Object.hasOwn(body, name)) body[name] = value
      this.#editor.value = JSON.stringify(body, null, 2)
      announce(`Added ${name}`)
    } catch {
      this.#editor.focus()
    }
    this.refresh()
  }

  /** @returns {Draft} */
  #draft() {
    return {
      values: new Map([...this.#inputs].map(([key, input]) => [key, input.value.trim()])),
      body: this.#editor?.value ?? '',
      secrets: this.#secrets.map(({ path, input }) => ({ path, value: input.value })),
    }
  }

  /** Brings the curl line, the syntax check and the hint up to date. */
  refresh() {
    const { open } = this.#operation
    this.#curl.textContent = curlOf(this.#operation, this.#draft(), this.#secretInBody, !open)
    this.#hint.textContent =
      open || this.#session.who ? '' : 'You are not signed in; the server will answer 401.'
    this.#problem.textContent = ''
    for (const input of this.#inputs.values()) input.removeAttribute('aria-invalid')
    if (!this.#editor) return
    const problem = syntaxProblem(this.#editor.value, this.#operation.bodyRequired)
    this.#syntax.textContent =
      problem || (this.#editor.value.trim() === '' ? 'No body will be sent.' : 'Valid JSON')
    this.#syntax.className = `syntax ${problem ? 'bad' : 'good'}`
    this.#editor.setAttribute('aria-invalid', String(problem !== ''))
    this.#editor.rows = Math.min(24, Math.max(5, this.#editor.value.split('\n').length + 1))
  }

  /** Takes the values of an earlier call back into the form. @param {Draft} draft */
  restore(draft) {
    for (const [key, input] of this.#inputs) input.value = draft.values.get(key) ?? ''
    if (this.#editor) this.#editor.value = draft.body
    this.refresh()
  }

  async #go() {
    if (this.#send.disabled) return
    const operation = this.#operation
    const draft = this.#draft()
    this.#send.disabled = true
    this.#send.textContent = 'Sending…'
    try {
      // An open endpoint needs no token, and one it does not need is one it does not get.
      const token = operation.open ? undefined : await this.#session.bearer()
      const answer = await send(operation, draft, token)
      fill(
        this.#answer,
        ...answerView(answer, this.#schemas.secretNames(this.#schemaOf(answer.status))),
      )
      announce(`Answer ${statusLine(answer)} in ${Math.round(answer.ms)} milliseconds`)
      this.#called({
        operation,
        draft: this.#shown(draft),
        status: String(answer.status),
        kind: statusKind(answer.status),
        ms: answer.ms,
        at: new Date(),
      })
    } catch (error) {
      this.#failed(error, draft)
    } finally {
      this.#send.disabled = false
      this.#send.textContent = 'Send'
    }
  }

  /** @param {unknown} error @param {Draft} draft */
  #failed(error, draft) {
    if (error instanceof Unsendable) {
      this.#problem.textContent = error.message
      const input =
        this.#inputs.get(error.field ?? '') ?? (error.field === 'body' ? this.#editor : undefined)
      input?.setAttribute('aria-invalid', 'true')
      input?.focus()
      return
    }
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    const text = late
      ? 'No answer within a minute.'
      : 'No answer: the server could not be reached, or it sent a redirect.'
    fill(this.#answer, h('p', { class: 'problem' }, text))
    announce(text)
    this.#called({
      operation: this.#operation,
      draft: this.#shown(draft),
      status: 'failed',
      kind: 'bad',
      ms: 0,
      at: new Date(),
    })
  }

  /** The draft as the history may keep it. @param {Draft} draft @returns {Draft} */
  #shown(draft) {
    const secret = new Set(
      this.#operation.parameters.filter((one) => one.secret).map((one) => `${one.in}:${one.name}`),
    )
    return {
      values: new Map([...draft.values].filter(([key]) => !secret.has(key))),
      body: withoutSecrets(draft.body, this.#secretInBody),
      secrets: [],
    }
  }

  /** @param {number} status */
  #schemaOf(status) {
    const found =
      this.#operation.responses.find(([one]) => one === String(status)) ??
      this.#operation.responses.find(([one]) => one === 'default')
    return found?.[1].content?.['application/json']?.schema
  }
}
