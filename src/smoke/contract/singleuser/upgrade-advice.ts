/** What S11 and S12 say of websockets that do not open, where everything else is answered. */
export const upgradeAdvice =
  'a proxy in the image (nginx, Apache, a launcher) that stands before the server has to hand websockets on (`proxy_http_version 1.1`, the headers `Upgrade` and `Connection`); where there is none, the server fails on them, and the end of the log tells why';
