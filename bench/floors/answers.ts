/** What a bare server is told before it listens: its certificate, and the bytes to answer on each path. */
export interface BareServer {
  readonly cert: string
  readonly key: string
  readonly routes: readonly BareRoute[]
}

export interface BareRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly status: number
  readonly body: string
}

/** Waits for that message, starts the server with it and answers with the port. */
export function serveAsTold(start: (bare: BareServer) => Promise<number>): void {
  process.once('message', (bare: BareServer) => {
    start(bare).then(
      (port) => process.send?.({ result: { port } }),
      (error: Error) => process.send?.({ error: error.stack ?? error.message }),
    )
  })
  process.on('disconnect', () => process.exit(0))
}
