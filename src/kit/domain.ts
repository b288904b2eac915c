/** The domain that every installation begins with, and that all others lie below. */
export const ROOT_DOMAIN = '00000000-0000-0000-0000-000000000000'
export const ROOT_DOMAIN_NAME = 'root'

/** The account of the root domain, or of the domain below it, as URIs name it. */
export const accountOf = (domain: string): string =>
  domain === ROOT_DOMAIN ? 'kylo' : `kylo-${domain}`

export const accountUri = (domain: string): string =>
  `kylo:${accountOf(domain)}:admin:accounts:${accountOf(domain)}`

/** Old fields that clients still read; CM has the same words in every answer. */
export const DEV_ACCOUNT = 'ncryptify:gemalto:admin:accounts:gemalto'
export const APPLICATION = 'ncryptify:gemalto:admin:apps:kylo'
