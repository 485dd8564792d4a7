"""What ``make lint`` has of its own: figures about the code, and the lint of the scripts.

May import nothing of ours.
"""
