"""FastAPI with a row checked by pydantic: `uvicorn fastapi_app:app`."""
from fastapi import FastAPI
from peer_model import COLUMNS, predict
from pydantic import create_model

Row = create_model("Row", **{name: (float if kind == "number" else str, ...) for name, kind in COLUMNS.items()})
app = FastAPI()


@app.post("/predict")
async def answer(row: Row):
    return {"prediction": predict(row.__dict__)}
