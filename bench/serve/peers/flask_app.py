"""Flask, as its tutorials have it: `flask_app.py PORT` is its own server, `gunicorn flask_app:app` the one for production."""
import logging
import sys

from flask import Flask, jsonify, request
from peer_model import predict

app = Flask(__name__)


@app.route("/predict", methods=["POST"])
def answer():
    return jsonify(prediction=predict(request.get_json()))


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
