#!/bin/sh
# Asks a deployed service what a client would ask, and holds the answer to the
# contract: sh checks/smoke.sh http://address
set -eu
address=$1
house='{"neighborhood":"North_Ames","living_area":1500,"year_built":1970,"bedrooms":3}'

fail() { echo "smoke: $*" >&2; exit 1; }

# An environment that is not public asks who calls: the job does.
ask() {
  curl --silent --show-error --max-time 20 ${CI_JOB_TOKEN:+--oauth2-bearer "$CI_JOB_TOKEN"} --header 'Content-Type: application/json' "$@"
}

answer=$(ask --retry 3 --retry-connrefused --fail-with-body --data "$house" "$address/price") || fail "no price: $answer"
for field in price low high reasons comparables model version; do
  case $answer in
    *"\"$field\":"*) ;;
    *) fail "the answer has no $field: $answer" ;;
  esac
done
price=$(printf '%s' "$answer" | sed 's/^{"price":\([0-9]*\),.*/\1/')
[ "$price" -gt 80000 ] && [ "$price" -lt 300000 ] || fail "a plain house in North Ames for $price dollars: something is broken"

status=$(ask --output /dev/null --write-out '%{http_code}' --data '{"neighborhood":"Atlantis"}' "$address/price")
[ "$status" = 422 ] || fail "a house in Atlantis got status $status, not 422"
echo "smoke: $price dollars, and Atlantis is refused"
