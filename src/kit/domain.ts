/** The domain that every installation begins with, and that all others lie below. */
export const ROOT_DOMAIN = '00000000-0000-0000-0000-000000000000'
export const ROOT_DOMAIN_NAME = 'root'
