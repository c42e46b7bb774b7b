"""Activations of other libraries that are refused by name, since they are not smooth."""

_BENDS = {
    "relu": "0",
    "leakyrelu": "0",
    "prelu": "0",
    "rrelu": "0",
    "relu6": "0 and 6",
    "elu": "0",
    "selu": "0",
    "celu": "0",
    "softsign": "0",
    "hardswish": "-3 and 3",
    "hardsigmoid": "-3 and 3",
    "hardtanh": "-1 and 1",
    "heaviside": "0",
}


def bend(activation: str) -> str:
    """Return why an activation is refused; "" of one that is not known here.

    >>> bend("ReLU")
    "'ReLU' is not smooth at u = 0: f″ does not exist there, and the Hessian misses the bend"
    >>> bend("tanh")
    ''
    """
    place = _BENDS.get(activation.lower().replace("_", "").replace("-", ""))
    if place is None:
        return ""
    return (
        f"{activation!r} is not smooth at u = {place}: f″ does not exist there, "
        "and the Hessian misses the bend"
    )
