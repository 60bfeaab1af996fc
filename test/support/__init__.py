# SPDX-License-Identifier: Apache-2.0
"""What the Python tests share: servers that run beside Gavel, each in a class of its own."""
