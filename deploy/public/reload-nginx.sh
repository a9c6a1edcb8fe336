#!/bin/sh
# certbot calls this after each renewal: nginx reads a certificate only when it is told to.
set -eu
nginx -t -q
systemctl reload nginx
