/** The fields of the static table from index 1 on (RFC 7541, appendix A): name, or name and value. */
const fields = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split('\n')
  .map((line) => line.split(/ (.*)/));

/** Names of the static table by index; there is none at 0. */
export const staticNames: readonly string[] = ['', ...fields.map(([name = '']) => name)];

/** Values of the static table by index; there is none at 0. */
export const staticValues: readonly string[] = ['', ...fields.map(([, value = '']) => value)];
