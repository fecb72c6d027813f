#!/bin/sh
# Asks a deployed service what a client would ask, and holds the answer to the
# contract: sh checks/smoke.sh http://address
set -eu
address=$1
house='{"neighborhood":"North_Ames","living_area":1500,"year_built":1970,"bedrooms":3}'

fail() { echo "smoke: $*" >&2; exit 1; }

answer=$(curl --silent --show-error --max-time 20 --retry 3 --retry-connrefused --fail-with-body \
  --header 'Content-Type: application/json' --data "$house" "$address/api/price") || fail "no price: $answer"
for field in price low high reasons comparables model version; do
  case $answer in
    *"\"$field\":"*) ;;
    *) fail "the answer has no $field: $answer" ;;
  esac
done
price=$(printf '%s' "$answer" | sed 's/^{"price":\([0-9]*\),.*/\1/')
[ "$price" -gt 80000 ] && [ "$price" -lt 300000 ] || fail "a plain house in North Ames for $price dollars: something is broken"

status=$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' \
  --header 'Content-Type: application/json' --data '{"neighborhood":"Atlantis"}' "$address/api/price")
[ "$status" = 422 ] || fail "a house in Atlantis got status $status, not 422"
echo "smoke: $price dollars, and Atlantis is refused"
