"""A script: receivers that vanish, and one that stays."""

from blinker import Namespace


def main(say=print):
    order_placed = Namespace().signal("order-placed")

    def connect_weakly():
        def send_mail(sender):
            pass

        order_placed.connect(send_mail)

    def connect_strongly():
        def print_label(sender):
            pass

        order_placed.connect(print_label, weak=False)

    connect_weakly()
    say(f"weakly: {len(order_placed.send('shop'))} receivers")
    connect_strongly()
    say(f"strongly: {len(order_placed.send('shop'))} receivers")


if __name__ == "__main__":
    main()
