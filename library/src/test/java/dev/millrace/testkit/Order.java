package dev.millrace.testkit;

/** Neither a record nor anything that JSON could bring back; it can be changed. */
final class Order {
  private final String shop;
  long amount;

  Order(String shop, long amount) {
    this.shop = shop;
    this.amount = amount;
  }

  static Order of(String line) {
    String[] parts = line.split(" ");
    return new Order(parts[0], Long.parseLong(parts[1]));
  }

  String shop() {
    return shop;
  }

  long amount() {
    return amount;
  }

  Order plus(Order other) {
    return new Order(shop, amount + other.amount);
  }

  Order add(Order other) {
    amount += other.amount;
    return this;
  }

  Order subtract(Order other) {
    amount -= other.amount;
    return this;
  }

  @Override
  public String toString() {
    return shop + " " + amount;
  }
}
