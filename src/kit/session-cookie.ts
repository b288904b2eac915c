/** The cookie that carries an access token for the web console: identity sets it, the gate reads it. */
export const SESSION_COOKIE = 'keystead_session'
