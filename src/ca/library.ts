/** The X.509 code and what it stands on, loaded when a certificate is first made or read: most starts need none of it. */
export const x509 = () => import('./x509/index.ts')
