"""What README.md quotes of labs, of which file, and how the words are made from it."""


def last(epochs):
    return 100 * epochs[-1]["scores"]["test"]["accuracy"]


def at_rate(saved, seed, rate):
    runs = saved["results"]["What the learning rate does"]
    return f"{100 * runs[f'seed {seed}, rate {rate}']['test accuracy per epoch'][-1]:.1f}"


def derivatives(saved):
    found = saved["results"]["Which derivatives they are"]
    first, second = (sum(f["order"] == order for f in found["qualified"].values()) for order in (1, 2))
    return f"{second} of {len(found['explained by order'])} filters are second derivatives, {first or 'none'} a first"


def optimisers(saved):
    scored = [f"{last(epochs):.0f}" for epochs in saved["results"]["Three optimisers"].values()]
    return f"{', '.join(scored)} % of {saved['results']['The images']['test']['images']} images"


def equal_updates(saved):
    apart = saved["results"]["Updates by hand and by Optax"]
    exact = not any(apart["sgd"]) and not any(apart["momentum"]) and any(apart["rmsprop"])
    return f"bit for bit, RMSProp's to {'rounding' if exact and max(apart['rmsprop']) < 1e-5 else 'more'}"


def images(saved, *parts):
    return sum(saved["results"]["The images"][part]["images"] for part in parts)


def on_test(saved, part="Training, stopped early"):
    return 100 * saved["results"][part]["test accuracy"]


def perceptron(saved):
    mean = 100 * saved["results"]["The perceptron on the test images"]["accuracy"]["as given, mean"]["test"]
    best = on_test(saved, "The perceptron on the test images")
    return f"{best:.1f} % with all options ({mean:.0f} % at the rate asked for, by the mean)"


def strangers(saved):
    found = saved["results"]["Other writers"]
    share, count = (found[f"writers unknown: {key}"] for key in ("the digit found", "images"))
    return f"{100 * share:.1f} % of {count:,} small scans"


def free(saved):
    found = saved["results"]["How well it does"]
    return f"{100 * found['test accuracy']:.2f} % by a free design after {len(found['test accuracy per epoch'])} epochs"


def as_matrices(saved):
    epochs = saved["results"]["The network to be read as matrices"]["test accuracy per epoch"]
    return f"({100 * epochs[-1]:.1f} % after {len(epochs)})"


def same(saved):
    found = saved["results"]["All test images"]
    return f"{found['relu']['same']:,} of {found['images']:,} predictions are the same"


def smallest(saved):
    return f"with sigmoids {saved['results']['Gradients after training']['sigmoid, 40 hidden layers']['dense_0']:.0e}"


QUOTED = [
    (
        "98.1 and 96.4 % (two seeds) at Adam's 0.01, 99.2 % at 0.001",
        "labs/filters",
        lambda s: (
            f"{at_rate(s, 0, 0.01)} and {at_rate(s, 1, 0.01)} % (two seeds) at Adam's 0.01, "
            f"{at_rate(s, 0, 0.001)} % at 0.001"
        ),
    ),
    ("3 of 32 filters are second derivatives, none a first", "labs/filters", derivatives),
    ("1,000 of MNIST", "labs/backprop", lambda s: f"{images(s, 'train'):,} of MNIST"),
    ("66, 90, 90 % of 100 images", "labs/backprop", optimisers),
    ("bit for bit, RMSProp's to rounding", "labs/backprop", equal_updates),
    ("with sigmoids 7e-27", "labs/depth", smallest),
    (
        "LeCun's activation reaches 93.7 % there",
        "labs/depth",
        lambda s: (
            f"LeCun's activation reaches {last(s['results']['Test scores']['lecun, 40 hidden layers']):.1f} % there"
        ),
    ),
    (
        "1,083 training images at hand",
        "labs/house-numbers",
        lambda s: f"{images(s, 'training', 'validation'):,} training images at hand",
    ),
    (
        "55 % of 10,000",
        "labs/house-numbers",
        lambda s: f"{on_test(s):.0f} % of {images(s, 'test'):,}",
    ),
    (
        "82 % of the rest with 8,001 of these",
        "labs/house-numbers-borrowed",
        lambda s: f"{on_test(s):.0f} % of the rest with {s['settings']['borrowed']:,} of these",
    ),
    (
        "99.60 %, after last",
        "labs/best-digits",
        lambda s: f"{100 * s['results']['The test images']['accuracy']:.2f} %, after last",
    ),
    ("97.2 % of 1,797 small scans", "labs/best-digits", strangers),
    ("98.5 % with all options (73 % at the rate asked for, by the mean)", "labs/mlp-vs-cnn", perceptron),
    (
        "convolutional network 99.4 %",
        "labs/mlp-vs-cnn",
        lambda s: f"convolutional network {on_test(s, 'The convolutional network on the test images'):.1f} %",
    ),
    ("93.25 % by a free design after 20 epochs", "labs/conv-as-matrix", free),
    ("(90.6 % after 3)", "labs/conv-as-matrix", as_matrices),
    ("10,000 of 10,000 predictions are the same", "labs/conv-as-matrix", same),
]
